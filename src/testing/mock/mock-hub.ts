/** The public types of a mock hub. */

import type { Disposable } from "../../core/runtime.js";

/** Options of `startMockHub`. */
export interface MockHubOptions {
  /** The release of the hub, such as "5" or "4.1.6". @default the newest one */
  version?: string | undefined;
  /** The port to listen on, at 127.0.0.1. @default 0, which is any free one */
  port?: number | undefined;
}

/** Options of `MockHub.respond`. */
export interface RespondOptions {
  /** How many requests get the chosen response. Later requests get the usual response. @default all */
  times?: number | undefined;
}

/** A request that a mock hub received. */
export interface MockCall {
  /** Method and path as in the OpenAPI document: "GET /users/{name}"; undefined for an unknown operation. */
  readonly operation: string | undefined;
  /** The method, in upper case. */
  readonly method: string;
  /** The path below the API: "/users/ada". */
  readonly path: string;
  /** The query parameters. If a parameter is repeated, only its last value is kept. */
  readonly query: Readonly<Record<string, string>>;
  /** The body, parsed if it is JSON; undefined if there is none. */
  readonly body: unknown;
}

/** A request or response that violates the hub's API. */
export interface MockViolation {
  /** The operation; for an unknown operation, the method and path. */
  readonly operation: string;
  /** One line for each violation: `request body /usernames: must be array`. */
  readonly violations: readonly string[];
}

/** A mock hub that is running. */
export interface MockHub extends Disposable {
  /** The address of the mock's API: `http://127.0.0.1:<port>/hub/api`. The mock accepts any token. */
  readonly url: string;
  /** The hub's release, such as "6.1.1". */
  readonly version: string;
  /** Every request to the API so far, in order. */
  readonly calls: readonly MockCall[];
  /** Every violation of the hub's API so far. In a test, expect this list to be empty. */
  readonly violations: readonly MockViolation[];
  /**
   * Chooses which documented response the next requests of an operation get.
   *
   * @param operation method and path as in the OpenAPI document: `GET /users/{name}`
   * @param status the status of this response; without it, the operation goes back to its usual response
   * @param options how many requests get this response; all by default
   * @throws InvalidInputError if the document has no such operation or response, or `times` is not a positive integer
   */
  respond(operation: string, status?: number, options?: RespondOptions): void;
  /** Stops the mock hub and frees its port. Further calls do nothing. */
  stop(): Promise<void>;
}
