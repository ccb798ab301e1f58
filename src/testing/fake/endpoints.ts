/** An operation of the fake hub: the scopes that it needs, and its handler. */
import type { Call } from "./call.js";
import type { Reply } from "./replies.js";

export interface Endpoint {
  /** One of these scopes is required. Without this list, the handler checks scopes itself. */
  scopes?: readonly string[];
  /** The kind of the resource in the path. A scope's filter must include this resource. */
  of?: "user" | "server" | "group" | "service" | "owner";
  /** True if a scope with any filter suffices, because the handler filters the list by the scope. */
  listing?: boolean;
  handle: (call: Call) => Reply | Promise<Reply>;
}

/** Operations by method and path, as in the OpenAPI document. */
export type Endpoints = Readonly<Record<string, Endpoint>>;
