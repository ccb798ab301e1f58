/**
 * The types of a call by a generated function: its client, its options, its result.
 *
 * The generated functions import them from here (openapi-ts.config.ts) in place of the generated client's
 * own, which allow options that bypass the transport and promise the request, which holds the token. They
 * stand below everything else in `src/`: this file imports nothing of it.
 */
import type { TDataShape } from "../../generated/client/types.gen.js";

/** Options of one call beside what it sends. */
interface CallOptions<ThrowOnError extends boolean> {
  /** Headers for this call alone. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Aborts the call; its error is then the signal's reason. */
  signal?: AbortSignal | null | undefined;
  /** Whether the call rejects with its error, in place of resolving with it. @default false */
  throwOnError?: ThrowOnError | undefined;
  /** Milliseconds for the whole call; the client's own `timeout` bounds each attempt of it. */
  timeout?: number | undefined;
  /** Whether `query` and `body` may have keys that this package does not know, for newer hubs. @default false */
  allowUnknownKeys?: boolean | undefined;
}

/** Options of a generated function: the operation's path, query and body, and those of a call. */
export type Options<
  TData extends TDataShape = TDataShape,
  ThrowOnError extends boolean = boolean,
  _TResponse = unknown,
> = Omit<TData, "url" | "headers"> & CallOptions<ThrowOnError>;

/** Options of a method of {@link Client}: a route below the hub's API, what to send, and those of a call. */
export interface RequestOptions<
  ThrowOnError extends boolean = boolean,
> extends CallOptions<ThrowOnError> {
  /** The route, such as `/users/{name}`. */
  url: string;
  /** The values of the route's `{…}` segments. */
  path?: Readonly<Record<string, unknown>> | undefined;
  /** Query parameters; those that are undefined or null are left out. */
  query?: Readonly<Record<string, unknown>> | undefined;
  /** The body, sent as JSON. */
  body?: unknown;
  /** Turns the body into text in place of JSON. */
  bodySerializer?: ((body: unknown) => unknown) | null | undefined;
  /** `"stream"`: the data is the response's body as a stream. */
  parseAs?: "stream" | undefined;
  /** For the package's own use. */
  meta?: Readonly<Record<string, unknown>> | undefined;
}

type Value<TResponses> =
  TResponses extends Record<string, unknown> ? TResponses[keyof TResponses] : TResponses;

/** What a call resolves with: its data, or its error unless `throwOnError` lets it reject. */
export type RequestResult<
  TResponses = unknown,
  _TErrors = unknown,
  ThrowOnError extends boolean = boolean,
> = ThrowOnError extends true
  ? Promise<{ data: Value<TResponses>; response: Response }>
  : Promise<
      ({ data: Value<TResponses>; error: undefined } | { data: undefined; error: Error }) & {
        /** Undefined when no response came, or none was asked for. */
        response?: Response;
      }
    >;

type MethodFunction = <
  TResponses = unknown,
  TErrors = unknown,
  ThrowOnError extends boolean = false,
>(
  options: RequestOptions<ThrowOnError>,
) => RequestResult<TResponses, TErrors, ThrowOnError>;

/** What the generated functions take as `client`: `hub.client`, or what `createClient()` returned. */
export type Client = Readonly<Record<"get" | "post" | "put" | "patch" | "delete", MethodFunction>>;
