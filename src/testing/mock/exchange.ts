/**
 * Sends one request to Prism, and returns the response and every violation of the document: those that the strict
 * checks find, those that Prism reports, and a response of Prism's own, which no hub would send.
 */
import type { Contract } from "../../../generated/contract.gen.js";
import { requestViolations } from "../contract/check.js";
import { isObject, operationsOf, propertiesOf } from "./document.js";
import type { JsonObject } from "./document.js";
import { API_BASE, type MockDocument } from "./mock-copy.js";
import { bodySchemas } from "./requests.js";

export interface MockRequest {
  method: string;
  /** The request's URL on the Prism server. */
  url: URL;
  headers: Headers;
  /** The body; empty if there is none. */
  text: string;
  signal: AbortSignal;
}

export interface Exchange {
  /** Undefined if the request was not sent to Prism. */
  response: Response | undefined;
  violations: readonly string[];
}

/** An operation: its name in the document, and its declaration for Prism. */
export interface MockOperation {
  /** "GET /users/{name}" */
  name: string;
  operation: JsonObject;
}

/**
 * Returns the operation that Prism would choose: of those that match the request, the one with the fewest path
 * parameters.
 */
export function operationOf(
  document: MockDocument,
  method: string,
  { pathname }: URL,
): MockOperation | undefined {
  const sent = pathname.split("/");
  const fitting = operationsOf(document).flatMap(({ method: declared, path, operation }) => {
    const segments = path.split("/");
    if (declared.toUpperCase() !== method || segments.length !== sent.length) return [];
    const isTemplate = (segment: string) => /^\{[^}]+\}$/.test(segment);
    const fits = segments.every((segment, index) =>
      isTemplate(segment) ? sent[index] !== "" : sent[index] === segment,
    );
    return fits ? [{ operation, templates: segments.filter(isTemplate).length }] : [];
  });
  const found = fitting.toSorted((a, b) => a.templates - b.templates)[0]?.operation;
  return found && { name: String(found["x-operation"]), operation: found };
}

/** Sends a request to Prism. `prefer` chooses the response, such as "code=404". */
export async function exchange(
  contract: Contract,
  { name, operation }: MockOperation,
  request: MockRequest,
  prefer: string | undefined,
): Promise<Exchange> {
  const { headers, text, url } = request;
  const mediaType = (headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const sent = { operation: name, query: url.searchParams, mediaType, body: text };
  const strict = requestViolations(contract, sent).map((line) => `request ${line}`);
  // Prism does not respond to an invalid JSON body.
  if (strict.some((line) => line.endsWith("is not JSON"))) {
    return { response: undefined, violations: strict };
  }
  const answered = await forwarded(request, prefer);
  // Always read the body: Prism cannot stop while a response is unread.
  const body = await answered.text();
  const response = new Response(body === "" ? null : body, answered);
  const ofPrism = prismViolations(response).filter(
    // If the strict checks found violations, they cover those that Prism reports for the body and the query.
    (line) => strict.length === 0 || !/^request\.(body|query)/.test(line),
  );
  const violations = [
    ...strict,
    ...missingCredentials(operation, headers, text),
    ...ofPrism,
    ...ownResponse(response, body),
  ];
  return { response, violations };
}

async function forwarded(request: MockRequest, prefer: string | undefined): Promise<Response> {
  const headers = new Headers(request.headers);
  // A hub ignores an Accept header with an unknown media type. Prism would answer it with 406.
  const accept = headers.get("Accept") ?? "*/*";
  headers.set("Accept", accept.includes("*/*") ? accept : `${accept}, */*;q=0.1`);
  // A hub accepts "token" and "Bearer", in any case. The document declares only "Bearer".
  const token = headers.get("Authorization")?.replace(/^(token|bearer)\s/i, "Bearer ");
  if (token !== undefined) headers.set("Authorization", token);
  if (prefer !== undefined) headers.set("Prefer", prefer);
  const { method, url, text, signal } = request;
  // A hub takes the JSON value null as no body. Prism would refuse it.
  const body = text.trim() === "null" ? null : text || null;
  return fetch(url, { method, headers, body, redirect: "manual", signal });
}

/**
 * Requires a token or a login (`auth` in the body) for the operations that accept either. Prism cannot check this rule.
 */
function missingCredentials(operation: JsonObject, headers: Headers, text: string): string[] {
  const isLogin = bodySchemas(operation).some((schema) => "auth" in propertiesOf(schema));
  if (!isLogin || headers.has("Authorization")) return [];
  const body = text === "" ? undefined : (JSON.parse(text) as JsonObject);
  return isObject(body) && "auth" in body ? [] : ["request has no credentials, in header or body"];
}

function prismViolations(response: Response): string[] {
  const header = response.headers.get("sl-violations");
  if (header === null) return [];
  try {
    const found = JSON.parse(header) as { location: string[]; message: string }[];
    return found.map(({ location, message }) => `${location.join(".")}: ${message}`);
  } catch {
    // Prism truncates the header at 8 KB and puts a note in front of it. Then it is not JSON.
    return [header];
  }
}

/** Returns a violation if the response is Prism's own: a problem document, which hubs never send. */
function ownResponse({ headers, status }: Response, body: string): string[] {
  if (!headers.get("Content-Type")?.startsWith("application/problem+json")) return [];
  const { title, detail } = JSON.parse(body) as { title?: string; detail?: string };
  return [`Prism itself answered ${status} (${title}): ${detail}`];
}

/** Returns the path below the API. Returns a path outside of the API unchanged. */
export const pathBelow = ({ pathname }: URL): string =>
  pathname.startsWith(API_BASE) ? pathname.slice(API_BASE.length) : pathname;
