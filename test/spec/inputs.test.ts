/** Which schemas the generator treats as input, and what becomes of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { correctedDocument } from "../../scripts/document.js";
import { markInputs } from "../../scripts/inputs.js";
import type { JsonObject } from "../../scripts/json.js";
import { root } from "./root.js";

const jsonOf = (schema: JsonObject): JsonObject => ({
  content: { "application/json": { schema } },
});

describe("the schemas of a request", () => {
  it("are marked, also those that it refers to", () => {
    const list = { type: "array", items: { type: "string" } };
    const document = {
      paths: {
        "/users": {
          post: {
            parameters: [{ name: "limit", in: "query", schema: { type: "integer" } }],
            requestBody: jsonOf({ $ref: "#/components/schemas/Request" }),
            responses: { 201: jsonOf({ $ref: "#/components/schemas/User" }) },
          },
        },
      },
      components: {
        schemas: {
          Request: { type: "object", properties: { names: structuredClone(list) } },
          User: { type: "object", properties: { groups: structuredClone(list) } },
        },
      },
    };
    markInputs(document);
    expect(document.paths["/users"].post.parameters[0]!.schema).toHaveProperty("x-input", true);
    const { Request: sent, User: received } = document.components.schemas;
    expect(sent).toMatchObject({ "x-input": true, properties: { names: { "x-input": true } } });
    expect(JSON.stringify(received)).not.toContain("x-input");
  });

  it("are not marked if responses have them as well", () => {
    const schema = { type: "object", properties: { name: { type: "string" } } };
    const body = jsonOf({ $ref: "#/components/schemas/User" });
    const document = {
      paths: { "/users": { post: { requestBody: body, responses: { 201: body } } } },
      components: { schemas: { User: schema } },
    };
    markInputs(document);
    expect(JSON.stringify(document)).not.toContain("x-input");
  });

  it("of JupyterHub are of no response", () => {
    const { document } = correctedDocument(root);
    markInputs(document);
    const { schemas } = document["components"] as { schemas: Record<string, JsonObject> };
    const marked = Object.keys(schemas).filter((name) => "x-input" in schemas[name]!);
    expect(marked).toEqual(["ServerRequest", "ServerChanges", "ServiceRequest"]);
  });
});

describe("the generated types", () => {
  const types = readFileSync(join(root, "generated/types.gen.ts"), "utf8");

  it.each([
    ["a required list of a request", "usernames: Readonly<Array<string>>;"],
    ["an optional list of a request", "users?: Readonly<Array<string>> | undefined;"],
    ["an optional parameter", "include_stopped_servers?: boolean | undefined;"],
    ["a list of a response", "    groups?: Array<string>;"],
  ])("of %s", (_, line) => {
    expect(types).toContain(line);
  });
});
