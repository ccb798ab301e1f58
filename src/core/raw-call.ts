/**
 * The types of a generated function's call: its client, options and result.
 *
 * The generated functions import these types (see `openapi-ts.config.ts`) in place of the generated client's own: those
 * allow options that bypass the transport, and their results contain the request, and so the token. The entries export
 * all types that a program's own declarations may contain. This file imports nothing from `src/`.
 */
import type { TDataShape } from "../../generated/client/types.gen.js";

/** Options of one call, besides its path, query and body. */
interface CallOptions<ThrowOnError extends boolean> {
  /** Headers for this call only. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Aborts the call, which then fails with the signal's reason. */
  signal?: AbortSignal | null | undefined;
  /** Whether the call rejects with its error instead of resolving with it. @default false */
  throwOnError?: ThrowOnError | undefined;
  /**
   * Milliseconds for the whole call, retries included; for a stream, only until its headers arrive. The client's
   * `timeout` applies as well: it limits each attempt, and how long a stream may stay silent.
   */
  timeout?: number | undefined;
  /** Whether `query` and `body` may have unknown keys, for newer hubs. @default false */
  allowUnknownKeys?: boolean | undefined;
}

/** Options of a generated function: the operation's path, query and body, and the options of a call. */
export type Options<
  TData extends TDataShape = TDataShape,
  ThrowOnError extends boolean = boolean,
  _TResponse = unknown,
> = Omit<TData, "url" | "headers"> & CallOptions<ThrowOnError>;

/** Options of a method of {@link ApiClient}: a route of the hub's API, what to send, and the options of a call. */
export interface ApiRequestOptions<
  ThrowOnError extends boolean = boolean,
> extends CallOptions<ThrowOnError> {
  /** The route, such as `/users/{name}`. */
  url: string;
  /** Values for the route's `{…}` segments. */
  path?: Readonly<Record<string, unknown>> | undefined;
  /** Query parameters; undefined and null are omitted. */
  query?: Readonly<Record<string, unknown>> | undefined;
  /** The body, sent as JSON. */
  body?: unknown;
  /** Serialises the body, in place of `JSON.stringify`. */
  bodySerializer?: ((body: unknown) => unknown) | null | undefined;
  /** `"stream"` returns the response's body as a stream. */
  parseAs?: "stream" | undefined;
  /** @internal */
  meta?: Readonly<Record<string, unknown>> | undefined;
}

type Value<TResponses> =
  TResponses extends Record<string, unknown> ? TResponses[keyof TResponses] : TResponses;

/** A `JupyterHubError`, or the reason of the caller's signal, which has no status. */
export interface CallError extends Error {
  /** The HTTP status; undefined without a response. */
  readonly status?: number | undefined;
  /** The hub's own message; undefined if it sent none. */
  readonly hubMessage?: string | undefined;
}

/** The result of a call: its data or its error. With `throwOnError`, the call rejects with the error. */
export type ApiResult<
  TResponses = unknown,
  _TErrors = unknown,
  ThrowOnError extends boolean = boolean,
> = ThrowOnError extends true
  ? Promise<{ data: Value<TResponses>; response: Response }>
  : Promise<
      | { data: Value<TResponses>; error: undefined; response: Response }
      | {
          data: undefined;
          error: CallError;
          /** Undefined if no response arrived. */
          response: Response | undefined;
        }
    >;

type MethodFunction = <
  TResponses = unknown,
  TErrors = unknown,
  ThrowOnError extends boolean = false,
>(
  options: ApiRequestOptions<ThrowOnError>,
) => ApiResult<TResponses, TErrors, ThrowOnError>;

/** The `client` of the functions of `jupyterhub-client/api`: `hub.client`, or the result of `createClient()`. */
export interface ApiClient {
  /** Sends a GET request, for a route that has no function. */
  readonly get: MethodFunction;
  /** Sends a POST request, for a route that has no function. */
  readonly post: MethodFunction;
  /** Sends a PUT request, for a route that has no function. */
  readonly put: MethodFunction;
  /** Sends a PATCH request, for a route that has no function. */
  readonly patch: MethodFunction;
  /** Sends a DELETE request, for a route that has no function. */
  readonly delete: MethodFunction;
}

/** The names by which the generated functions import these types. */
export type { ApiClient as Client, ApiResult as RequestResult };
