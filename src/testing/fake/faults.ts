/** Faults that a test declares: what the hub does in place of its usual response. */

/** When a fault occurs, and details of its response. */
interface FaultScope {
  /** Method and path as in the OpenAPI document: "POST /users/{name}/server". @default every operation */
  operation?: string | undefined;
  /** How many requests the fault applies to; Infinity for all. @default 1 */
  times?: number | undefined;
  /** The message of the response, if `status` is given. */
  message?: string | undefined;
  /** Additional headers of the response, if `status` is given. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** What the hub does. */
interface FaultKinds {
  /**
   * The hub answers with this status, from 200 to 599, and does nothing else. A 429, 502, 503 or 504 looks like a
   * proxy's response: it lacks the hub's version header, unless `headers` contains it.
   */
  status: number;
  /**
   * The connection breaks: before the hub receives the request (`true`), or after the hub has carried it out ("lost").
   */
  network: true | "lost";
  /** No response ever arrives. */
  stall: true;
  /** The response's body breaks off in the middle. An event stream breaks off after its first event. */
  cut: true;
}

/** An object with exactly one of the keys of `Kinds`. */
type OneOf<Kinds> = {
  [Key in keyof Kinds]: Pick<Kinds, Key> & { [Other in Exclude<keyof Kinds, Key>]?: undefined };
}[keyof Kinds];

/** A fault, and how often it occurs. Exactly one of `status`, `network`, `stall` and `cut` is required. */
export type Fault = FaultScope & OneOf<FaultKinds>;

interface Declared {
  fault: Fault;
  left: number;
}

export class Faults {
  readonly #declared: Declared[] = [];

  add(fault: Fault): void {
    this.#declared.push({ fault, left: fault.times ?? 1 });
  }

  /** Returns the fault that applies to the next request of an operation, if any, and counts this request. */
  next(operation: string): Fault | undefined {
    const found = this.#declared.find(
      ({ fault, left }) => left > 0 && (fault.operation ?? operation) === operation,
    );
    if (found) found.left -= 1;
    return found?.fault;
  }
}

/** The error with which `fetch` rejects if the connection breaks. */
export const connectionError = (): TypeError =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  });

/**
 * Returns the response with a body that breaks off in the middle, or after the first event if it is an event stream.
 */
export function cutBody(response: Response): Response {
  const { body, status, headers } = response;
  if (!body) return response;
  const isStream = headers.get("Content-Type") === "text/event-stream";
  let passed = false;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (passed) return controller.error(connectionError());
      if (!isStream) {
        controller.enqueue(chunk.subarray(0, Math.ceil(chunk.length / 2)));
        return controller.error(connectionError());
      }
      controller.enqueue(chunk);
      passed = new TextDecoder().decode(chunk).startsWith("data:");
    },
    // A stream with a single event ends too early, too.
    flush(controller) {
      controller.error(connectionError());
    },
  });
  return new Response(body.pipeThrough(cut), { status, headers });
}
