/** Requests to a fake hub: what a test may know of them, and how they end before they are answered. */
import { onAbort } from "../../core/deadline.js";
import { connectionError } from "./faults.js";

/** One request that a fake hub was sent. */
export interface FakeRequest {
  /** Method and path as the document has them: "GET /users/{name}". */
  readonly operation: string;
  /** In upper case. */
  readonly method: string;
  /** Below the API, as it was sent: "/users/ada". */
  readonly path: string;
  /** The query parameters; of a repeated one, the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** What was sent, parsed as JSON where it is JSON; undefined when nothing was. */
  readonly body: unknown;
  /** The name of the user or service whose token it carried; undefined without a valid one. */
  readonly by: string | undefined;
  /** The status of the answer; undefined while there is none, and where a fault left none. */
  status: number | undefined;
}

/** The value of JSON, and the text of what is none; undefined when nothing was sent. */
export function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The value of a promise, unless the caller gives up or the hub ends before. */
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
