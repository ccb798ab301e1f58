/**
 * A `fetch` for contract tests that forwards to Prism and rejects every violation of the document: an
 * `sl-violations` header, an undeclared query parameter or body property, or a response that only Prism
 * would send. Each violation is also added to `problems`, because a client may treat the rejection as a
 * lost connection and retry: assert that it is empty.
 */
import { isObject, objectAt, operationsOf, parametersOf, propertiesOf } from "./document.js";
import type { Json, JsonObject } from "./document.js";
import type { MockDocument } from "./mock-copy.js";
import { bodySchemas } from "./requests.js";
import { undeclaredProperties } from "./undeclared-properties.js";

export interface ContractRecorderOptions {
  /** The `Prefer` header to Prism ("code=404"), the same for all or chosen by operation. */
  prefer?: string | ((operation: string) => string | undefined);
  /** Whether a violation is a known mistake of the document. It is then accepted. */
  forgive?: (operation: string, breach: string) => boolean;
}

export interface ContractRecorder {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The operations called so far, in order: "GET /users/{name}". */
  readonly calls: readonly string[];
  /** Every violation so far. */
  readonly problems: readonly string[];
}

/** The request or the response violates the document; the message says where. */
export class ContractError extends Error {
  override readonly name = "WitnessError";
}

export function createContractRecorder(
  document: MockDocument,
  options: ContractRecorderOptions = {},
): ContractRecorder {
  const calls: string[] = [];
  const problems: string[] = [];

  const refuse = (request: Request, found: readonly string[]): never => {
    const { pathname, search } = new URL(request.url);
    const message = `${request.method} ${pathname}${search}: ${found.join("; ")}`;
    problems.push(message);
    throw new ContractError(message);
  };

  const recorder = async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const operation = matching(document, request.method, url.pathname);
    if (!operation) return refuse(request, ["the document has no such operation"]);
    const name = String(operation["x-operation"]);
    calls.push(name);

    const text = await request.text();
    const body = parsed(request.headers.get("content-type") ?? "", text);
    // Prism does not respond to an invalid JSON body.
    if (body instanceof SyntaxError) return refuse(request, [`the body is no JSON: ${text}`]);

    const { prefer } = options;
    const preference = typeof prefer === "function" ? prefer(name) : prefer;
    const response = await forwarded(request, text, preference);
    const breaches = [
      ...undeclaredQuery(operation, url),
      ...undeclaredBody(operation, request, body),
      ...missingCredentials(operation, request, body),
      ...violations(response),
      ...(await prismsOwn(response)),
    ];
    const found = breaches.filter((breach) => !options.forgive?.(name, breach));
    return found.length > 0 ? refuse(request, found) : response;
  };
  return Object.assign(recorder, { calls, problems });
}

/** The operation that Prism would choose: the matching template with the most literal parts. */
function matching(document: JsonObject, method: string, pathname: string): JsonObject | undefined {
  const sent = pathname.split("/");
  const fitting = operationsOf(document).flatMap(({ method: declared, path, operation }) => {
    const segments = path.split("/");
    if (declared.toUpperCase() !== method || segments.length !== sent.length) return [];
    const isTemplate = (segment: string) => /^\{.+\}$/.test(segment);
    const fits = segments.every((segment, index) =>
      isTemplate(segment) ? sent[index] !== "" : sent[index] === segment,
    );
    return fits ? [{ operation, templates: segments.filter(isTemplate).length }] : [];
  });
  return fitting.toSorted((a, b) => a.templates - b.templates)[0]?.operation;
}

async function forwarded(
  request: Request,
  body: string,
  preference: string | undefined,
): Promise<Response> {
  const headers = new Headers(request.headers);
  // A hub ignores an unknown Accept header, to which Prism answers 406.
  const accept = headers.get("accept") ?? "*/*";
  headers.set("accept", accept.includes("*/*") ? accept : `${accept}, */*;q=0.1`);
  if (preference !== undefined) headers.set("prefer", preference);
  const { method, redirect, signal } = request;
  return fetch(request.url, { method, headers, body: body || null, redirect, signal });
}

function parsed(contentType: string, text: string): Json | SyntaxError | undefined {
  if (text === "") return undefined;
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  if (!/^application\/(.+\+)?json/.test(contentType)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    return error as SyntaxError;
  }
}

function undeclaredQuery(operation: JsonObject, url: URL): string[] {
  const declared = new Set(parametersOf(operation, "query").map((parameter) => parameter["name"]));
  return [...new Set(url.searchParams.keys())]
    .filter((name) => !declared.has(name))
    .map((name) => `query parameter "${name}" is not declared`);
}

function undeclaredBody(operation: JsonObject, request: Request, body: Json | undefined): string[] {
  const content = objectAt(objectAt(operation, "requestBody"), "content");
  const type = request.headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  const { schema } = objectAt(content, type);
  if (body === undefined || !isObject(schema)) return [];
  return undeclaredProperties(schema, body).map((path) => `${path} is not declared`);
}

/** A login needs no token if its body has `auth`, which Prism does not know. */
function missingCredentials(
  operation: JsonObject,
  request: Request,
  body: Json | undefined,
): string[] {
  const login = bodySchemas(operation).some((schema) => "auth" in propertiesOf(schema));
  if (!login || request.headers.has("authorization")) return [];
  return "auth" in (isObject(body) ? body : {}) ? [] : ["no credentials, in header or body"];
}

function violations(response: Response): string[] {
  const header = response.headers.get("sl-violations");
  if (header === null) return [];
  try {
    const found = JSON.parse(header) as { location: string[]; message: string }[];
    return found.map(({ location, message }) => `${location.join(".")}: ${message}`);
  } catch {
    // Prism truncates it at 8 KB and adds a note at the front.
    return [header];
  }
}

/** Hubs send no problem documents: it is Prism's own response. */
async function prismsOwn(response: Response): Promise<string[]> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return [];
  const { title, detail } = (await response.json()) as { title?: string; detail?: string };
  return [`Prism itself answered ${response.status} (${title}): ${detail}`];
}
