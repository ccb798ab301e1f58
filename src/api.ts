/**
 * `jupyterhub-client/api`: every operation as one function, and every type.
 *
 * For programs that need one or two operations, or the raw answers. The functions take
 * `client: hub.client` or what {@link createClient} made, and go through the same checks and errors as
 * the methods of `JupyterHub`. They resolve with `{ data, error, response }`, or with
 * `throwOnError: true` reject as the methods do: see {@link isJupyterHubError}.
 *
 * Keys of `query` and `body` that this package does not know are refused. To send one that a newer hub knows,
 * pass `allowUnknownKeys: true`; known keys are still checked. A path that this package does not
 * know goes through the client itself and is not checked: `hub.client.get({ url: "/newer/{name}", path })`.
 */
import { operations } from "../generated/operations.gen.js";
import type { ApiClient } from "./core/api-client.js";
import { createClientContext, type JupyterHubOptions } from "./core/options.js";

/**
 * The transport of a client without its methods.
 * @throws InvalidInputError when an option does not fit, or there is no url
 */
export const createClient = (options: JupyterHubOptions = {}): ApiClient =>
  createClientContext(options, operations).client;

export { JupyterHubError, isJupyterHubError } from "./core/errors.js";
export * from "../generated/sdk.gen.js";
export type * from "../generated/types.gen.js";
export type { Feature, Scope } from "../generated/operations.gen.js";
export type { ApiClient } from "./core/api-client.js";
export type { JupyterHubOptions } from "./core/options.js";
