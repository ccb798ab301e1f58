/**
 * Generates a client from any document, without the overlay, in a separate folder. Operations without an id get the ids
 * of this repository. Also compiles the client, and compares the document with the corrected one of the same release:
 * first the contradictions, then what is missing. Changes nothing in this repository.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { compareDocuments } from "./compare-documents.js";
import { brokenReferences, operationsOf, readYaml, withOperationIds } from "./document.js";
import { generateClient } from "./generate-client.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { projectionOf } from "../src/testing/mock/projection.js";

export interface ImportedClient {
  /** The folder with the document, the generated sources and the compiled client. */
  folder: string;
  operations: number;
  /** The operations that answer with event streams and have no function. */
  streams: readonly string[];
  /** The compiler's errors; empty if the client compiles. */
  compilerErrors: string;
}

/** Reads a document, and includes the parts of other files that it refers to. */
export async function readDocument(root: string, from: string): Promise<JsonObject> {
  const document = parsed(from, await textAt(from));
  if (!("openapi" in document) && !("swagger" in document)) {
    throw new Error(`${from} is not an OpenAPI or Swagger document`);
  }
  const elsewhere = brokenReferences(document).some((reference) => !reference.startsWith("#"));
  return elsewhere ? parsed(from, redocly(root, ["bundle", from])) : document;
}

async function textAt(from: string): Promise<string> {
  if (!/^https?:\/\//.test(from)) {
    if (!existsSync(from)) throw new Error(`There is no file ${from}`);
    return readFileSync(from, "utf8");
  }
  const response = await fetch(from).catch((error: Error) => {
    throw new Error(`${from} cannot be fetched: ${String(error.cause ?? error)}`);
  });
  if (!response.ok) throw new Error(`${from} answers ${response.status} ${response.statusText}`);
  return response.text();
}

/**
 * Runs redocly's command line without telemetry and returns its output. Throws its errors if there is no
 * output.
 */
function redocly(root: string, args: readonly string[]): string {
  const cli = join(root, "node_modules/@redocly/cli/bin/cli.js");
  const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    env: { ...process.env, REDOCLY_TELEMETRY: "off" },
    maxBuffer: 1e9,
  });
  if (stdout.trim() !== "") return stdout;
  throw new Error(`redocly ${args.join(" ")} has no output:\n${stderr.trim()}`);
}

function parsed(from: string, text: string): JsonObject {
  if (hasLostIndentation(text)) {
    throw new Error(
      `${from} has lost its indentation: no line of it is indented, so nothing is inside \`paths\`. ` +
        "A page that shows a document often drops it; get the file itself.",
    );
  }
  try {
    // Copies through JSON, so that statuses become strings, and each YAML alias becomes a separate object.
    const document = JSON.parse(JSON.stringify(load(text))) as Json;
    return isObject(document) ? document : {};
  } catch (error) {
    throw new Error(`${from} cannot be parsed: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether a text is an OpenAPI document in YAML whose indentation was removed. */
const hasLostIndentation = (text: string): boolean =>
  /^(swagger|openapi):/m.test(text) && /^paths:\s*$/m.test(text) && !/^[ \t]+\S/m.test(text);

/** Generates and compiles a client in a new folder, which is not deleted afterwards. */
export async function generateClientOf(
  root: string,
  document: JsonObject,
): Promise<ImportedClient> {
  const named = withOperationIds(document, readYaml(join(root, "openapi/jupyterhub.yaml")));
  const folder = mkdtempSync(join(tmpdir(), "jupyterhub-client-from-"));
  const file = join(folder, "document.yaml");
  writeFileSync(file, dump(named, { noRefs: true }));
  const streams = await generateClient(file, join(folder, "generated"), named, [], true);

  const { compilerOptions } = JSON.parse(
    readFileSync(join(root, "tsconfig.base.json"), "utf8"),
  ) as { compilerOptions: object };
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  writeFileSync(
    join(folder, "package.json"),
    json({
      private: true,
      type: "module",
      exports: { ".": "./dist/index.js", "./client": "./dist/client/index.js" },
    }),
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    json({
      compilerOptions: {
        ...compilerOptions,
        // The generator's runtime has unused locals.
        noUnusedLocals: false,
        noUnusedParameters: false,
        declaration: true,
        rootDir: "generated",
        outDir: "dist",
      },
      include: ["generated"],
    }),
  );
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const compiled = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
  return {
    folder,
    operations: operationsOf(named).length,
    streams,
    compilerErrors: compiled.status === 0 ? "" : `${compiled.stdout}${compiled.stderr}`.trim(),
  };
}

/** Returns the hub release of a document, without a suffix such as "dev" in "1.2.0dev". */
export const releaseOf = (document: JsonObject): string | undefined =>
  /^\d+\.\d+(\.\d+)?/.exec(String(at(document, "info")["version"] ?? ""))?.[0];

/** Compares a document with the corrected one of a release: first contradictions, then omissions. */
export function comparisonLines(
  root: string,
  document: JsonObject,
  release: string | undefined,
): string[] {
  const whole = readYaml(join(root, "openapi/jupyterhub.yaml"));
  const ours = release === undefined ? whole : projectionOf(whole, release);
  const { removed, added, changed } = compareDocuments(ours, document);
  const hub = release === undefined ? "the newest hub" : `JupyterHub ${release}`;
  const wrong = changed.filter(({ adds }) => adds.length > 0);
  const lacking = changed.filter(({ lacks }) => lacks.length > 0);
  return [
    `Errors, compared with the corrected document of ${hub}: ${added.length} operations that no hub has, ` +
      `and parts of ${wrong.length} others:`,
    ...added.map((operation) => `  no hub has  ${operation}`),
    ...wrong.flatMap(({ operation, lacks, adds }) => [
      `  wrong in    ${operation}`,
      ...adds.map((what) => `                ${what}${insteadOf(what, lacks)}`),
    ]),
    "",
    `Missing, compared with the corrected document of ${hub}: ${removed.length} operations, ` +
      `and parts of ${lacking.length} others:`,
    ...removed.map((operation) => `  missing     ${operation}`),
    ...lacking.flatMap(({ operation, lacks }) => [
      `  missing in  ${operation}`,
      ...lacks.map((what) => `                ${what}`),
    ]),
  ];
}

/** Returns what hubs have in place of a wrong status, type or field type, as text to append to the line about it. */
function insteadOf(wrong: string, lacks: readonly string[]): string {
  const [aspect = ""] = wrong.split(":");
  const right = lacks.find((what) => what.startsWith(`${aspect}:`));
  return right && ["responses", "types", "field types"].includes(aspect)
    ? ` (hubs: ${right.slice(aspect.length + 2)})`
    : "";
}
