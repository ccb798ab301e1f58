/**
 * Runs `@hey-api/openapi-ts` on a document, with the settings of openapi-ts.config.ts.
 *
 * The generator accepts a document that is missing or partly unsupported; here, both are errors. The generator's output
 * is kept unchanged, except that files that nothing imports are removed.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import config from "../openapi-ts.config.js";
import { addDocTags } from "./doc-tags.js";
import {
  assertReferences,
  correctedDocument,
  follow,
  operationsOf,
  readSources,
  type DocumentedOperation,
} from "./document.js";
import { contractModule } from "./contract-validators.js";
import { markInputs } from "./inputs.js";
import { at, type JsonObject } from "./json.js";
import { functionName, keyOf, operationTable } from "./operation-table.js";

/** Files that nothing imports: barrels and helpers of other plugins. */
const unused = [
  "client.gen.ts",
  "client/index.ts",
  "core/params.gen.ts",
  "core/queryKeySerializer.gen.ts",
] as const;

/** The settings of openapi-ts.config.ts. */
interface Settings {
  output: object;
  parser: { filters: object };
  plugins: { name: string; $hooks?: object }[];
}

/**
 * Generates the functions and types of the document at `input` into the folder `output`. Resolves with the
 * operations that have no function because they answer with event streams. A `standalone` client is the
 * generator's output alone: with its types and barrels, and without imports from src/.
 */
export async function generateClient(
  input: string,
  output: string,
  document: JsonObject,
  header: readonly string[],
  standalone = false,
): Promise<string[]> {
  // Absolute, since the generator would read `openapi/x.yml` as a name in a registry.
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
          addDocTags(read as JsonObject);
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

/**
 * Whether an operation answers with an event stream. No function is generated for it, since src/ reads streams itself.
 */
const isStream = (document: JsonObject, { operation }: DocumentedOperation): boolean =>
  Object.values(at(operation, "responses")).some(
    (response) => "text/event-stream" in at(follow(document, response), "content"),
  ) || [operation["produces"]].flat().includes("text/event-stream");

/**
 * Writes all generated files below the folder `target`: the corrected document, functions and types, the operation
 * table, the contracts, and the document as a module. The folder has the layout of the repository, so that the two can
 * be compared.
 */
export async function writeGenerated(root: string, target: string): Promise<void> {
  const { document, text, header } = correctedDocument(root);
  mkdirSync(join(target, "openapi"), { recursive: true });
  writeFileSync(join(target, "openapi/jupyterhub.yaml"), text);
  await generateClient(
    join(target, "openapi/jupyterhub.yaml"),
    join(target, "generated"),
    document,
    header,
  );
  writeFileSync(join(target, "generated/operations.gen.ts"), operationTable(document, header));
  writeFileSync(join(target, "generated/document.gen.ts"), documentModule(document, header));
  const releases = readSources(root).map(({ version }) => version);
  writeFileSync(
    join(target, "generated/contract.gen.ts"),
    await contractModule(document, releases, header),
  );
  cpSync(
    join(root, "node_modules/@hey-api/openapi-ts/LICENSE.md"),
    join(target, "generated/LICENSE.md"),
  );
}

/** The text of generated/document.gen.ts: the corrected document, for programs without a YAML parser. */
const documentModule = (document: JsonObject, header: readonly string[]): string =>
  `${header.map((line) => `// ${line}\n`).join("")}
/** The corrected document, with the releases that each part applies to. */
export const document: unknown = ${JSON.stringify(document, null, 1)};
`;
