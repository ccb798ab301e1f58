/**
 * Compiles the schemas of contracts with Ajv, in two ways: in this process, for documents that tests supply, and as the
 * code of generated/contract.gen.ts, which has the contracts of all vendored releases.
 *
 * The generated code needs no package and no `new Function`, so it runs in every runtime.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvStandalone from "ajv/dist/standalone/index.js";
import { fastFormats } from "ajv-formats/dist/formats.js";
import { rolldown } from "rolldown";
import type { Contract, Validate } from "../generated/contract.gen.js";
import { contractTable, SchemaStore } from "./contract.js";
import type { JsonObject } from "./json.js";
import { projectionOf } from "../src/testing/mock/projection.js";

const dateTime = fastFormats["date-time"] as { validate: RegExp };

function ajvOf(store: SchemaStore, source: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    formats: { "date-time": dateTime.validate },
    ...(source && { code: { source, esm: true }, inlineRefs: false }),
  });
  for (const schema of store.schemas) ajv.addSchema(schema);
  return ajv;
}

/** Returns the contract of a document, with validators that are compiled in this process. */
export function contractOf(document: JsonObject): Contract {
  const store = new SchemaStore();
  const table = contractTable(document, store);
  const ajv = ajvOf(store, false);
  const compiled = new Map<string, Validate>();
  const validators = (id: string): Validate => {
    const validate = compiled.get(id) ?? (ajv.getSchema(id) as Validate);
    compiled.set(id, validate);
    return validate;
  };
  return { ...table, validators };
}

/** The text of generated/contract.gen.ts. */
export async function contractModule(
  document: JsonObject,
  releases: readonly string[],
  header: readonly string[],
): Promise<string> {
  const store = new SchemaStore();
  const tables = releases.map(
    (release) => [release, contractTable(projectionOf(document, release), store)] as const,
  );
  const rows: string[] = [];
  const rowOf = (row: object): number => {
    const text = JSON.stringify(row);
    if (!rows.includes(text)) rows.push(text);
    return rows.indexOf(text);
  };
  const byRelease = tables.map(([release, { operations }]) => [
    release,
    Object.fromEntries(Object.entries(operations).map(([key, row]) => [key, rowOf(row)])),
  ]);
  const fields = new Set(tables.flatMap(([, table]) => [...table.fields]));
  const lines = (values: readonly unknown[]): string =>
    values.map((value) => `  ${JSON.stringify(value)},\n`).join("");

  return `${header.map((line) => `// ${line}\n`).join("")}// @ts-nocheck

/** A place at which a value does not match a schema, as Ajv reports it. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Whether a value matches a schema. If not, \`errors\` has the reasons. */
export interface Validate {
  (value: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/** The schema ids of each media type. A body has to match one of these schemas; without a schema, any body matches. */
export type Media = Readonly<Record<string, readonly string[]>>;

/** The requests that an operation accepts, and its responses. */
export interface ContractOperation {
  readonly query: {
    /** The type of each query parameter. */
    readonly types: Readonly<Record<string, string>>;
    /** The parameters whose value may be empty. */
    readonly mayBeEmpty?: readonly string[];
    /** The schema of all parameters as one object. */
    readonly schema: string;
  };
  readonly body?: { readonly required: boolean; readonly media: Media };
  /** The responses by status ("404") or by class of statuses ("4XX"). */
  readonly responses: Readonly<Record<string, Media>>;
}

/** The contract of one release. */
export interface Contract {
  /** The operations by method and path: "GET /users/{name}". */
  readonly operations: Readonly<Record<string, ContractOperation>>;
  /** The names of all declared fields. */
  readonly fields: ReadonlySet<string>;
  /** Returns the validator of the schema with this id. */
  readonly validators: (id: string) => Validate;
}

const rows: readonly ContractOperation[] = [
${rows.map((row) => `  ${row},\n`).join("")}];

const byRelease: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
${lines(byRelease)}];

const fields: ReadonlySet<string> = new Set(${JSON.stringify([...fields].toSorted())});

const validators: Readonly<Record<string, Validate>> = ${await validatorsOf(store)};

/** The contract of each release. */
export const contracts: Readonly<Record<string, Contract>> = Object.fromEntries(
  byRelease.map(([release, operations]) => [
    release,
    {
      operations: Object.fromEntries(Object.entries(operations).map(([key, row]) => [key, rows[row]])),
      fields,
      validators: (id) => validators[id],
    },
  ]),
);
`;
}

/**
 * Returns the code of an expression whose value maps the id of every schema to its validator. The code includes the
 * helpers of Ajv.
 */
async function validatorsOf(store: SchemaStore): Promise<string> {
  const ids = store.schemas.map(({ $id }) => String($id));
  const standalone = ajvStandalone as unknown as typeof ajvStandalone.default;
  const code = standalone(ajvOf(store, true), Object.fromEntries(ids.map((id) => [id, id])));
  const folder = mkdtempSync(join(tmpdir(), "contract-"));
  try {
    writeFileSync(join(folder, "validators.js"), code);
    const entry = `import { ${ids.join(", ")} } from "./validators.js";\nexport default { ${ids.join(", ")} };\n`;
    writeFileSync(join(folder, "entry.js"), entry);
    const bundled = await rolldown({
      input: join(folder, "entry.js"),
      platform: "neutral",
      resolve: { modules: [join(import.meta.dirname, "../node_modules")] },
      checks: { pluginTimings: false },
    });
    const { output } = await bundled.generate({ format: "iife", name: "all", minify: true });
    await bundled.close();
    return output[0].code.replace(/^(?:var|const|let) all\s*=\s*/, "").replace(/;\s*$/, "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
