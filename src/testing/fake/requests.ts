/** Requests to a fake hub: what a test can read of them, and how they are aborted. */
import { onAbort } from "../../core/deadline.js";
import { connectionError } from "./faults.js";

/** A request to a fake hub. */
export interface FakeRequest {
  /** Method and path as in the OpenAPI document: "GET /users/{name}". */
  readonly operation: string;
  /** The method, in upper case. */
  readonly method: string;
  /** The path below the API, as it was sent: "/users/ada". */
  readonly path: string;
  /** The query parameters. If a parameter is repeated, only its last value is kept. */
  readonly query: Readonly<Record<string, string>>;
  /** The body, parsed if it is JSON; undefined if there is none. */
  readonly body: unknown;
  /** The name of the user or service that owns the request's token; undefined without a valid token. */
  readonly by: string | undefined;
  /**
   * The status of the response; undefined until the hub responds. It stays undefined if a fault prevents the response.
   */
  status: number | undefined;
}

/** Records the requests of a fake hub in order, and lets tests wait for one of them. */
export class RequestLog {
  readonly requests: FakeRequest[] = [];
  #arrivals: (() => void)[] = [];

  add(request: FakeRequest): void {
    this.requests.push(request);
    for (const arrived of this.#arrivals.splice(0)) arrived();
  }

  /** Resolves with request number `count` of an operation, counted from 1, as soon as this request has arrived. */
  async received(operation: string, count: number): Promise<FakeRequest> {
    for (;;) {
      const found = this.requests.filter((one) => one.operation === operation)[count - 1];
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#arrivals.push(resolve);
      });
    }
  }
}

/** The path of a request below the API, not decoded. */
export function pathBelow(basePath: string, { pathname }: URL): string {
  const api = `${basePath}hub/api`;
  if (pathname.startsWith(api)) return pathname.slice(api.length);
  // The hub serves these two outside of the API, too.
  const outside = pathname.replace(`${basePath}hub`, "");
  return ["/health", "/metrics"].includes(outside) ? outside : `/..${pathname}`;
}

/** Returns the value of a JSON text, or the text itself if it is not JSON; undefined for an empty text. */
export function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Settles as the promise does, but rejects at once if the caller aborts or the hub stops. */
export async function untilAborted(
  wanted: Promise<Response>,
  caller: AbortSignal,
  hub: AbortSignal,
): Promise<Response> {
  const unsubscribe: (() => void)[] = [];
  const aborted = new Promise<never>((_, reject) => {
    unsubscribe.push(
      onAbort(caller, reject),
      onAbort(hub, () => reject(connectionError())),
    );
  });
  try {
    return await Promise.race([wanted, aborted]);
  } finally {
    for (const end of unsubscribe) end();
  }
}
