/**
 * A client of any document at all, without our overlay, in a folder of its own: for a look at what a
 * document is worth. Operations without an id get ours. Promises that the client compiles, and tells
 * where the document is wrong or says less than ours does for the same release. Touches nothing here.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { compare } from "./compare.js";
import { lostReferences, operationsOf, readYaml, withOperationIds } from "./document.js";
import { generateClient } from "./generate-client.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { projectionOf } from "./projection.js";
import { redocly } from "./redocly.js";

export interface ImportedClient {
  /** Where the document, the generated sources and the compiled client are. */
  folder: string;
  operations: number;
  /** Those of them that answer with event streams, and so have no function. */
  streams: readonly string[];
  /** What the compiler complains of; empty when it compiles. */
  complaints: string;
}

/** Reads a document, whole: what it refers to in other files is taken in. */
export async function readDocument(root: string, from: string): Promise<JsonObject> {
  const document = parsed(from, await textAt(from));
  if (!("openapi" in document) && !("swagger" in document)) {
    throw new Error(`${from} is no OpenAPI or Swagger document`);
  }
  const elsewhere = lostReferences(document).some((reference) => !reference.startsWith("#"));
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

function parsed(from: string, text: string): JsonObject {
  try {
    // By way of JSON, so that statuses are strings and what a YAML alias shares does not stay shared.
    const document = JSON.parse(JSON.stringify(load(text))) as Json;
    return isObject(document) ? document : {};
  } catch (error) {
    throw new Error(`${from} cannot be parsed: ${(error as Error).message}`, { cause: error });
  }
}

/** Generates and compiles a client into a new folder, which is left there. */
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
        // The generator's own runtime leaves some unused.
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
    complaints: compiled.status === 0 ? "" : `${compiled.stdout}${compiled.stderr}`.trim(),
  };
}

/** The hub release that a document says it is of; some say it with a suffix, "1.2.0dev". */
export const releaseOf = (document: JsonObject): string | undefined =>
  /^\d+\.\d+(\.\d+)?/.exec(String(at(document, "info")["version"] ?? ""))?.[0];

/** Where a document is wrong or says less than ours for a release, in words, a line each. */
export function comparisonLines(
  root: string,
  document: JsonObject,
  release: string | undefined,
): string[] {
  const whole = readYaml(join(root, "openapi/jupyterhub.yaml"));
  const ours = release === undefined ? whole : projectionOf(whole, release);
  const { removed, added, changed } = compare(ours, document);
  return [
    `Beside ours for ${release === undefined ? "the newest hub" : `JupyterHub ${release}`}, it lacks ` +
      `${removed.length} operations, has ${added.length} beyond, and tells ${changed.length} otherwise:`,
    ...removed.map((operation) => `  lacks    ${operation}`),
    ...added.map((operation) => `  beyond   ${operation}`),
    ...changed.flatMap(({ operation, lacks, adds }) => [
      `  differs  ${operation}`,
      ...lacks.map((what) => `             lacks   ${what}`),
      ...adds.map((what) => `             beyond  ${what}`),
    ]),
  ];
}
