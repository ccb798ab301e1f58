/** Tests which schemas are marked as request input for the generator, and the types that are generated from them. */
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

describe("markInputs", () => {
  it("marks the schemas of parameters and request bodies, including referenced ones", () => {
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

  it("does not mark a schema that a response uses as well", () => {
    const schema = { type: "object", properties: { name: { type: "string" } } };
    const body = jsonOf({ $ref: "#/components/schemas/User" });
    const document = {
      paths: { "/users": { post: { requestBody: body, responses: { 201: body } } } },
      components: { schemas: { User: schema } },
    };
    markInputs(document);
    expect(JSON.stringify(document)).not.toContain("x-input");
  });

  it("marks exactly three named schemas of the corrected document", () => {
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
    ["a required list of a request as readonly", "usernames: Readonly<Array<string>>;"],
    ["an optional list of a request as readonly", "users?: Readonly<Array<string>> | undefined;"],
    [
      "an optional parameter as possibly undefined",
      "include_stopped_servers?: boolean | undefined;",
    ],
    ["a list of a response as mutable", "    groups?: Array<string>;"],
  ])("declare %s", (_, line) => {
    expect(types).toContain(line);
  });
});
