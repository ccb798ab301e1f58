/** Requests to a fake hub: what a test can read of them, and how they are aborted. */
import { onAbort } from "../../core/deadline.js";
import { connectionError } from "./faults.js";

/** A request to a fake hub. */
export interface FakeRequest {
  /** Method and path as the document has them: "GET /users/{name}". */
  readonly operation: string;
  /** The method, in upper case. */
  readonly method: string;
  /** The path below the API, as it was sent: "/users/ada". */
  readonly path: string;
  /** The query parameters. A repeated parameter has its last value. */
  readonly query: Readonly<Record<string, string>>;
  /** The body, parsed if it is JSON; undefined if there is none. */
  readonly body: unknown;
  /** The name of the user or service that owns the request's token; undefined without a valid token. */
  readonly by: string | undefined;
  /** The status of the response; undefined until the hub responds, and after a fault without a response. */
  status: number | undefined;
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
