/** Finds the operation of a request among those of a contract. */
import { operations as table } from "../../../generated/operations.gen.js";
import { printable } from "./violations.js";

/** Finds operations by method and by the path below the API, such as "/users/ada". */
export class Routes {
  readonly #routes: readonly { key: string; method: string; segments: readonly string[] }[];

  /** @param operations the operations of a contract, as method and path: "GET /users/{name}" */
  constructor(operations: readonly string[]) {
    this.#routes = operations.map((key) => {
      const [method = "", path = ""] = key.split(" ");
      return { key, method, segments: path.split("/") };
    });
  }

  /** Returns the operation of a request: of those that match, the one with the fewest path parameters. */
  find(method: string, path: string): string | undefined {
    const sent = (path || "/").split("/");
    const fitting = this.#routes.filter((route) => route.method === method && fits(route, sent));
    const parameters = (key: string): number => key.split("{").length;
    return fitting.toSorted((one, other) => parameters(one.key) - parameters(other.key))[0]?.key;
  }

  /**
   * Returns the method and path of a request that matches no operation. From the second segment on, a segment that
   * occurs in no path of the API becomes `*`, since it may be a name or a secret.
   */
  describe(method: string, path: string): string {
    const known = new Set(this.#routes.flatMap(({ segments }) => segments));
    const steps = path.split("/");
    // The first segment is never a name.
    const shown = steps.map((step, index) =>
      step === "" || known.has(step) || index === 1 ? step && printable(step) : "*",
    );
    return `${method} ${shown.join("/") || "/"}`;
  }
}

function fits(
  route: { key: string; segments: readonly string[] },
  sent: readonly string[],
): boolean {
  if (route.segments.length !== sent.length) return false;
  const mayBeEmpty = table[route.key]?.mayBeEmpty ?? [];
  return route.segments.every((segment, index) => {
    if (!segment.startsWith("{")) return segment === sent[index];
    return sent[index] !== "" || mayBeEmpty.includes(segment.slice(1, -1));
  });
}
