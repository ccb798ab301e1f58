/**
 * Runs `@hey-api/openapi-ts` on a document and finishes its output.
 *
 * The generator succeeds on input that is missing or half understood: here that is a failure. And the
 * generated option types allow what would go around our transport (`fetch`, `baseUrl`, `redirect` …):
 * they are narrowed to what a call may set. A seam that is not found fails by name.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import config from "../openapi-ts.config.js";
import { annotate, openEnums } from "./annotations.js";
import { assertReferences, follow, operationsOf, type DocumentedOperation } from "./document.js";
import { at, type JsonObject } from "./json.js";
import { functionName, keyOf } from "./operation-table.js";

export interface Seam {
  file: string;
  /** The text to replace, or its first and its last words. */
  find: string | readonly [from: string, to: string];
  replace: string;
}

const seams: Seam[] = [
  {
    // The transport makes every failure an Error: a JupyterHubError, or the reason of an abort.
    file: "client/types.gen.ts",
    find: "error: TError extends Record<string, unknown> ? TError[keyof TError] : TError;",
    replace: "error: Error;",
  },
  {
    // The request holds the token, so it is not part of the answer.
    file: "client/types.gen.ts",
    find: "            request: Request;\n",
    replace: "",
  },
  {
    file: "client/types.gen.ts",
    find: ["            /** request may be undefined", "request?: Request;\n"],
    replace: "",
  },
  {
    file: "sdk.gen.ts",
    find: `TResponse = unknown> = Options2<TData, ThrowOnError, TResponse> & {
    /**
     * You can provide a client instance returned by \`createClient()\` instead of
     * individual options. This might be also useful if you want to implement a
     * custom client.
     */
    client: Client;`,
    replace: `TResponse = unknown> = Pick<Options2<TDataShape, ThrowOnError, TResponse>, 'signal' | 'throwOnError'> & Omit<TData, 'url' | 'headers'> & {
    /** Headers for this call alone. */
    headers?: Readonly<Record<string, string>>;
    /** \`hub.client\`, or what \`createClient()\` returned. */
    client: Pick<Client, 'delete' | 'get' | 'patch' | 'post' | 'put'>;
    /** Milliseconds for the whole call; the client's own \`timeout\` bounds each attempt of it. */
    timeout?: number;`,
  },
];

/**
 * Generates the functions and types of the document at `input` into the folder `output`; resolves with
 * the operations that have no function there, because they answer with event streams.
 */
export async function generateClient(
  input: string,
  output: string,
  document: JsonObject,
  header: readonly string[],
): Promise<string[]> {
  // An absolute path: `openapi/x.yml` would be taken for a name in a registry.
  const path = resolve(input);
  if (!existsSync(path)) throw new Error(`There is no document at ${path}`);
  assertReferences(document);

  const operations = operationsOf(document);
  const streams = operations.filter((one) => isStream(document, one));
  const settings = await config;
  await createClient({
    ...settings,
    input: path,
    parser: {
      ...settings.parser,
      filters: { ...settings.parser?.filters, operations: { exclude: streams.map(keyOf) } },
      patch: { input: (read: unknown) => annotate(read as JsonObject) },
    },
    output: {
      ...(settings.output as object),
      path: resolve(output),
      header: header.map((line) => `// ${line}`),
    },
  } as Parameters<typeof createClient>[0]);

  const sdk = join(output, "sdk.gen.ts");
  const code = existsSync(sdk) ? readFileSync(sdk, "utf8") : "";
  const calls = code.matchAll(/client\.(\w+)<.*?\burl: '(.*?)'/gs);
  const sent = new Set(Array.from(calls, ([, method, url]) => `${method} ${url}`));
  const missing = operations
    .filter((one) => !streams.includes(one) && !sent.has(`${one.method} ${one.path}`))
    .map(({ operation }) => functionName(String(operation["operationId"])));
  if (missing.length > 0) {
    throw new Error(`The generator left out ${missing.length} operations: ${missing.join(", ")}`);
  }
  for (const seam of seams) sew(output, seam);
  const types = join(output, "types.gen.ts");
  writeFileSync(types, openEnums(document, readFileSync(types, "utf8")));
  return streams.map(keyOf);
}

/** Whether an operation answers with an event stream: the generator's own reader of these is left out. */
const isStream = (document: JsonObject, { operation }: DocumentedOperation): boolean =>
  Object.values(at(operation, "responses")).some(
    (response) => "text/event-stream" in at(follow(document, response), "content"),
  ) || [operation["produces"]].flat().includes("text/event-stream");

/** Replaces what a seam finds in the generated code; throws unless it stands there once. */
export function sew(output: string, { file, find, replace }: Seam): void {
  const path = join(output, file);
  const code = readFileSync(path, "utf8");
  const [from, to] = typeof find === "string" ? [find, ""] : find;
  const [before, after, ...more] = code.split(from);
  const end = after?.indexOf(to) ?? -1;
  if (before === undefined || after === undefined || more.length > 0 || end < 0) {
    throw new Error(`generated/${file} no longer holds once what is to be replaced:\n${from}`);
  }
  writeFileSync(path, before + replace + after.slice(end + to.length));
}
