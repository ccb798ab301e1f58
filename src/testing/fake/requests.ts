/** Requests to a fake hub: what a test can read of them, and how they are aborted. */
import { onAbort } from "../../core/deadline.js";
import { connectionError } from "./faults.js";

/** A request to a fake hub. */
export interface FakeRequest {
  /** Method and path as the document has them: "GET /users/{name}". */
  readonly operation: string;
  /** In upper case. */
  readonly method: string;
  /** Below the API, as it was sent: "/users/ada". */
  readonly path: string;
  /** The query parameters; of a repeated one, the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** The body, parsed if it is JSON; undefined without one. */
  readonly body: unknown;
  /** The user or service whose token it had; undefined without a valid token. */
  readonly by: string | undefined;
  /** The status of the response; undefined while there is none, and after a fault without one. */
  status: number | undefined;
}

/** The value of a JSON text, or the text itself; undefined for an empty one. */
export function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Resolves as the promise does. Rejects if the caller aborts or the hub stops before that. */
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
