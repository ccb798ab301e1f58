/**
 * Adapts the responses in Prism's copy of the document. Adds every status that a test may request with `Prefer: code=`,
 * the headers that a hub always sends, and an example wherever Prism's validator or the client would reject the sample
 * that Prism generates. Needs a dereferenced document.
 */
import { isObject, objectAt, parametersOf, propertiesOf } from "./document.js";
import type { Json, JsonObject, Operation } from "./document.js";
import { flattenedIdentity, pageSchema, withLastPage } from "./schemas.js";

export const PAGE_TYPE = "application/jupyterhub-pagination+json";

/** The errors with which a hub, or the proxy in front of it, may answer any operation. */
const ERRORS: Readonly<Record<string, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

const ERROR_SCHEMA: JsonObject = {
  type: "object",
  required: ["status", "message"],
  properties: { status: { type: "integer" }, message: { type: "string" } },
};

/** Routes that paginate their list on request, although none of JupyterHub's own documents declares this. */
const PAGED_ON_REQUEST = new Set(["GET /users", "GET /groups", "GET /proxy"]);

/** The progress stream of a server that already runs: only the last event. */
const READY: Json = [{ progress: 100, ready: true, message: "Server ready", url: "/user/ada/" }];

export interface ResponseContext {
  version: string;
  /** Example bodies by status: a list of events for a stream, and an array for a route with optional pagination. */
  examples: { readonly [status: string]: Json };
}

export function completeResponses(entry: Operation, context: ResponseContext): void {
  const { key, operation } = entry;
  const responses = objectAt(operation, "responses");
  operation["responses"] = responses;
  const succeeds = Object.keys(responses).some((status) => status.startsWith("2"));
  // Without a declared 2xx, Prism answers a valid request with the first error.
  if (!succeeds) responses["200"] = { description: "OK" };
  for (const [status, description] of Object.entries(ERRORS)) responses[status] ??= { description };

  for (const [status, response] of Object.entries(responses)) {
    if (!isObject(response)) continue;
    completeContent(entry, status, response, context);
    setHeader(response, "X-JupyterHub-Version", context.version);
    if (status === "429") setHeader(response, "Retry-After", "30");
  }
  for (const status of Object.keys(context.examples)) {
    if (!(status in responses)) throw new Error(`${key} declares no ${status} to exemplify`);
  }
  preferStopped(responses);
}

function completeContent(
  { key, operation }: Operation,
  status: string,
  response: JsonObject,
  { version, examples }: ResponseContext,
): void {
  const error = Number(status) >= 400;
  const content = { ...objectAt(response, "content") };
  // Upstream declares a few errors without the body that the hub sends.
  if (error && Object.keys(content).length === 0) {
    content["application/json"] = { schema: structuredClone(ERROR_SCHEMA) };
  }
  const example = examples[status];
  if (example !== undefined && Object.keys(content).length === 0) {
    throw new Error(`${key} declares no content for ${status} to exemplify`);
  }
  for (const [type, media] of Object.entries(content)) {
    if (!isObject(media)) continue;
    if (example !== undefined) setExample(media, example);
    if (type === "text/event-stream") stream(media);
    else if (error) exampleOfError(media, Number(status));
    else if (isObject(media["schema"]))
      media["schema"] = withLastPage(flattenedIdentity(media["schema"]));
  }
  if (key === "GET /" && status === "200") {
    setExample(objectAt(content, "application/json"), { version });
  }
  if (status === "200" && key.startsWith("GET ")) offerPages(key, operation, content);
  if (Object.keys(content).length > 0) response["content"] = content;
}

function setExample(media: JsonObject, example: Json): void {
  delete media["examples"];
  media["example"] = example;
}

const hasExample = (media: JsonObject): boolean => "example" in media || "examples" in media;

function exampleOfError(media: JsonObject, status: number): void {
  if (hasExample(media) || !("message" in propertiesOf(media["schema"]))) return;
  setExample(media, { status, message: ERRORS[status] ?? "" });
}

/**
 * Replaces a stream's events by one text, because Prism cannot send them one by one. Like a hub's stream, the text
 * starts with an empty line.
 */
function stream(media: JsonObject): void {
  const events = Array.isArray(media["example"]) ? media["example"] : READY;
  const text = (events as Json[]).map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  media["schema"] = { type: "string" };
  setExample(media, `\n\n${text}`);
}

/**
 * Adds the media type of paginated responses. Prism validates every `+json` type as `application/json`, so the schema
 * of `application/json` must accept both an array and a page.
 */
function offerPages(key: string, operation: JsonObject, content: JsonObject): void {
  const media = content["application/json"];
  if (!isObject(media) || !isObject(media["schema"])) return;
  const { schema } = media;
  const branches = [schema["oneOf"], schema["anyOf"]].find(Array.isArray)?.filter(isObject) ?? [
    schema,
  ];
  const plain = branches.find((branch) => !isPage(branch));
  let page = branches.find(isPage);
  if (!page) {
    const limited = parametersOf(operation, "query").some(({ name }) => name === "limit");
    if (!plain || !limited || !PAGED_ON_REQUEST.has(key)) return;
    page = pageSchema(plain);
  }
  if (!plain) {
    content[PAGE_TYPE] = structuredClone(media);
    return;
  }
  const { example } = media;
  content["application/json"] = { ...media, schema: { anyOf: [plain, page] } };
  content[PAGE_TYPE] = {
    schema: page,
    ...(example === undefined ? {} : { example: lastPage(example) }),
  };
}

const isPage = (schema: JsonObject): boolean => "_pagination" in propertiesOf(schema);

/** Returns a single page with all items, in the form in which hubs send pages. */
export function lastPage(items: Json): JsonObject {
  const total = Array.isArray(items) ? items.length : Object.keys(items ?? {}).length;
  return { items, _pagination: { offset: 0, limit: 200, total, next: null } };
}

function setHeader(response: JsonObject, name: string, value: string): void {
  const headers = { ...objectAt(response, "headers") };
  headers[name] = { schema: { type: "string" }, example: value };
  response["headers"] = headers;
}

/**
 * Makes Prism answer a stop with 204 by default. Prism serves the lowest 2xx, and 202 ("still stopping") would make a
 * client wait. Under the key 2XX, the 202 sorts after 204, and `Prefer: code=202` still chooses it.
 */
function preferStopped(responses: JsonObject): void {
  const pending = responses["202"];
  if (pending === undefined || !("204" in responses)) return;
  delete responses["202"];
  responses["2XX"] = pending;
}
