/** A call: what is known of it, and how what a generated function hands over goes over the wire. */
import type { Operation } from "../../generated/operations.gen.js";

/** What must be known of the call that a request belongs to. */
export interface CallContext {
  method: string;
  /** The path as the API's document has it: `/users/{name}`. */
  route: string;
  /** The URL for errors: without query and secrets. */
  url: string;
  operation: Operation;
  /** What it was given, and sends in its headers, that nothing may repeat. */
  secrets: Set<string>;
  /** Whether the body stands for the credentials. */
  ownCredentials: boolean;
  /** Whether the answer is to be handed over as it comes. */
  streams: boolean;
  /** Whether it is sent once, whatever comes of it. */
  once: boolean;
}

type Bag = Readonly<Record<string, unknown>>;

/** The path and query of a call. Names must have been checked (input.ts). */
export const pathOf = (route: string, path: Bag, query: Bag): string =>
  route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] as string)) +
  search(query);

function search(query: Bag): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

/** The body as text: JSON, unless the operation has a way of its own with bodies; null without one. */
export const bodyOf = (
  body: unknown,
  serialise: ((body: unknown) => unknown) | null | undefined,
): string | null =>
  body === undefined ? null : serialise ? (serialise(body) as string) : JSON.stringify(body);

/** Headers of which the last counts where two differ in case alone: `new Headers()` would send both. */
export function headersOf(given: HeadersInit = {}): Headers {
  const headers = new Headers();
  const entries = Symbol.iterator in given ? given : Object.entries(given);
  for (const [name, value] of entries) headers.set(name as string, value as string);
  return headers;
}

/** The headers that a gateway may ask for: not those that belong to one request. */
export const without = (headers: unknown, ...names: string[]): Record<string, string> =>
  Object.fromEntries(
    [...new Headers(headers as HeadersInit)].filter(
      ([name]) => !names.some((one) => one.toLowerCase() === name),
    ),
  );
