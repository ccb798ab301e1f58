/** Tests the checks before and after the generator: they reject what the generator would silently ignore. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { assertReferences, correctedDocument } from "../../scripts/document.js";
import { generateClient } from "../../scripts/generate-client.js";
import type { JsonObject } from "../../scripts/json.js";
import { root, scratchFolder } from "./root.js";

const { document, header } = correctedDocument(root);
const input = join(root, "openapi/jupyterhub.yaml");

// Silences the generator's progress output.
beforeAll(() => void vi.spyOn(console, "log").mockImplementation(() => {}));
afterAll(() => void vi.restoreAllMocks());

const withPath = (operation: JsonObject): JsonObject => ({
  ...document,
  paths: { ...(document["paths"] as JsonObject), "/new": { get: operation } },
});

describe("generateClient", () => {
  it("reads a relative path without ./ as a file, not as a name in an API registry", async () => {
    const path = relative(process.cwd(), input);
    expect(path).toMatch(/^[^./]+\/[^/]+$/);
    const output = join(scratchFolder(), "generated");
    await generateClient(path, output, document, header);
    for (const file of ["sdk.gen.ts", "types.gen.ts", "client/client.gen.ts"]) {
      const committed = readFileSync(join(root, "generated", file), "utf8");
      expect(readFileSync(join(output, file), "utf8")).toBe(committed);
    }
  });

  it("fails if the document does not exist", async () => {
    const folder = scratchFolder();
    const missing = join(folder, "missing.yaml");
    await expect(generateClient(missing, join(folder, "out"), document, [])).rejects.toThrow(
      `There is no document at ${missing}`,
    );
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  it("fails on a broken reference, and the error names the reference", async () => {
    const folder = scratchFolder();
    const broken = withPath({
      operationId: "get-new",
      responses: { "200": { $ref: "#/components/responses/Nothing" } },
    });
    await expect(generateClient(input, join(folder, "out"), broken, [])).rejects.toThrow(
      "Broken references: #/components/responses/Nothing",
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("fails if the generator leaves out an operation, and the error names the operation", async () => {
    const more = withPath({ operationId: "get-new-things", responses: {} });
    const output = join(scratchFolder(), "generated");
    await expect(generateClient(input, output, more, [])).rejects.toThrow(
      "The generator left out 1 operations: getNewThings",
    );
  });
});

describe("assertReferences", () => {
  const components = { schemas: { "a/b~c": { type: "string" } } };

  it("accepts a reference with escaped characters", () => {
    const one = { components, paths: { "/a": [{ $ref: "#/components/schemas/a~1b~0c" }] } };
    expect(() => assertReferences(one)).not.toThrow();
  });

  it.each(["#/components/schemas/b", "other.yaml#/a", "#/components/schemas/a~1b~0c/type/x"])(
    "rejects the broken reference %s",
    ($ref) => {
      expect(() => assertReferences({ components, deep: [{ deep: { $ref } }] })).toThrow(
        `Broken references: ${$ref}`,
      );
    },
  );

  it("lists every broken reference once", () => {
    const lost = [{ $ref: "#/b" }, { $ref: "#/a" }, { $ref: "#/b" }];
    expect(() => assertReferences({ lost })).toThrow(/: #\/b, #\/a$/);
  });
});
