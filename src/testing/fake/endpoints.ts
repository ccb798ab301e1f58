/** What the fake hub knows of an operation: who may use it, and what it does. */
import type { Call } from "./call.js";
import type { Reply } from "./replies.js";

export interface Endpoint {
  /** The scopes of which one is needed. Without any, the handler judges by itself. */
  scopes?: readonly string[];
  /** What of the path a filtered scope has to reach. */
  of?: "user" | "server" | "group" | "service" | "owner";
  /** Whether a filtered scope is enough, as the list is filtered by it. */
  listing?: boolean;
  handle: (call: Call) => Reply | Promise<Reply>;
}

/** Operations by method and path, as the document has them. */
export type Endpoints = Readonly<Record<string, Endpoint>>;
