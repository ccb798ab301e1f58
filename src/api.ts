/**
 * `jupyterhub-client/api`: every operation as one function, and every type.
 *
 * For programs that need one or two operations, or the raw responses. The option `client` is `hub.client` or the result
 * of {@link createClient}. The checks and errors are the same as for the methods of `JupyterHub`. The functions resolve
 * with `{ data, error, response }`. With `throwOnError: true`, they reject as the methods do: see
 * {@link isJupyterHubError}.
 *
 * Keys of `query` and `body` that this package does not know are refused. To send a key of a newer hub, pass
 * `allowUnknownKeys: true`; known keys are still checked. For a path that this package does not know, use the client
 * itself, which does not check the input: `hub.client.get({ url: "/newer/{name}", path })`.
 */
import { operations } from "../generated/operations.gen.js";
import { createClientContext, type JupyterHubOptions } from "./core/options.js";
import type { ApiClient } from "./core/raw-call.js";

/**
 * Creates the `client` for the functions of this module, without the methods of `JupyterHub`. Sends nothing.
 * @throws InvalidInputError if an option is invalid, or there is no url
 */
export const createClient = (options: JupyterHubOptions = {}): ApiClient =>
  createClientContext(options, operations).client;

export { JupyterHubError, isJupyterHubError } from "./core/errors.js";
export * from "../generated/sdk.gen.js";
export type * from "../generated/types.gen.js";
export type { Feature, Scope } from "../generated/operations.gen.js";
export type { ApiClient, ApiRequestOptions, ApiResult, CallError } from "./core/raw-call.js";
export type { Fetch } from "./core/runtime.js";
export type { JupyterHubOptions } from "./core/options.js";
