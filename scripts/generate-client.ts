/**
 * Runs `@hey-api/openapi-ts` on a document, as openapi-ts.config.ts says.
 *
 * The generator succeeds on input that is missing or half understood: here that is a failure. Its output
 * is kept as it writes it, except for the files that nothing imports: these are removed.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import config from "../openapi-ts.config.js";
import { annotate, markInputs } from "./annotations.js";
import { assertReferences, follow, operationsOf, type DocumentedOperation } from "./document.js";
import { at, type JsonObject } from "./json.js";
import { functionName, keyOf } from "./operation-table.js";

/** What the generator writes and nothing imports: barrels and helpers of other plugins. */
const unused = [
  "client.gen.ts",
  "client/index.ts",
  "core/params.gen.ts",
  "core/queryKeySerializer.gen.ts",
] as const;

/** What openapi-ts.config.ts holds. */
interface Settings {
  output: object;
  parser: { filters: object };
  plugins: { name: string; $hooks?: object }[];
}

/**
 * Generates the functions and types of the document at `input` into the folder `output`; resolves with
 * the operations that have no function there, because they answer with event streams. A `standalone` client
 * is the generator's own alone: with its types, its barrels and no import from src/.
 */
export async function generateClient(
  input: string,
  output: string,
  document: JsonObject,
  header: readonly string[],
  standalone = false,
): Promise<string[]> {
  // An absolute path: `openapi/x.yml` would be taken for a name in a registry.
  const path = resolve(input);
  if (!existsSync(path)) throw new Error(`There is no document at ${path}`);
  assertReferences(document);

  const operations = operationsOf(document);
  const streams = operations.filter((one) => isStream(document, one));
  const settings = (await config) as unknown as Settings;
  await createClient({
    ...settings,
    plugins: settings.plugins.map(({ $hooks, ...plugin }) =>
      $hooks && !standalone ? { ...plugin, $hooks } : plugin,
    ),
    input: path,
    parser: {
      ...settings.parser,
      filters: { ...settings.parser.filters, operations: { exclude: streams.map(keyOf) } },
      patch: {
        input: (read: unknown) => {
          annotate(read as JsonObject);
          markInputs(read as JsonObject);
        },
      },
    },
    output: {
      ...settings.output,
      ...(standalone && { entryFile: true }),
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
  if (!standalone) for (const file of unused) rmSync(join(output, file));
  return streams.map(keyOf);
}

/** Whether an operation answers with an event stream: the generator's own reader of these is left out. */
const isStream = (document: JsonObject, { operation }: DocumentedOperation): boolean =>
  Object.values(at(operation, "responses")).some(
    (response) => "text/event-stream" in at(follow(document, response), "content"),
  ) || [operation["produces"]].flat().includes("text/event-stream");
