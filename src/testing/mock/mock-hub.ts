/** A mock hub as tests use it. */

import type { Disposable } from "../../core/runtime.js";

/** Options of `startMockHub`. */
export interface MockHubOptions {
  /** The release of the hub, such as "5" or "4.1.6". @default the newest one */
  version?: string;
  /** The port to listen on, at 127.0.0.1. @default 0, which is any free one */
  port?: number;
}

/** Options of `MockHub.respond`. */
export interface RespondOptions {
  /** How many requests get the chosen response, before the usual one returns. @default all */
  times?: number;
}

/** A request that a mock hub received. */
export interface MockCall {
  /** Method and path as the document has them: "GET /users/{name}"; undefined for an unknown operation. */
  readonly operation: string | undefined;
  /** In upper case. */
  readonly method: string;
  /** Below the API: "/users/ada". */
  readonly path: string;
  /** The query parameters; of a repeated one, the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** The body, parsed if it is JSON; undefined without one. */
  readonly body: unknown;
}

/** A request or response that violates the hub's API. */
export interface MockViolation {
  /** The operation, or the method and path of an unknown one. */
  readonly operation: string;
  /** One line each: `request body /usernames: must be array`. */
  readonly violations: readonly string[];
}

/** A mock hub that is running. */
export interface MockHub extends Disposable {
  /** The address of its API: `http://127.0.0.1:<port>/hub/api`. Any token will do. */
  readonly url: string;
  /** The release that it answers as, such as "6.1.1". */
  readonly version: string;
  /** Every request, in order. */
  readonly calls: readonly MockCall[];
  /** Every violation of the hub's API so far. Expect it to be empty. */
  readonly violations: readonly MockViolation[];
  /**
   * Chooses the documented response of an operation from now on.
   *
   * @param operation method and path as the document has them: `GET /users/{name}`
   * @param status the response to send; without one, the usual one again
   * @param options for how many requests
   * @throws InvalidInputError if the document has no such operation or response, or `times` is not a positive integer
   */
  respond(operation: string, status?: number, options?: RespondOptions): void;
  /** Stops it and frees its port. */
  stop(): Promise<void>;
}
