/** The published documents: the releases and scopes that they state, and the extensions that they omit. */
import { describe, expect, it } from "vitest";
import { correctedDocument, operationsOf } from "../../scripts/document.js";
import { at, isObject, type Json, type JsonObject } from "../../scripts/json.js";
import { projectionOf } from "../../src/testing/mock/projection.js";
import { publishedDocument } from "../../scripts/published-document.js";
import { releases } from "../../scripts/known-releases.js";
import { root } from "./root.js";

const { document } = correctedDocument(root);

/** Returns the keys of all objects in a document, at any depth. */
function keysOf(node: Json): string[] {
  if (Array.isArray(node)) return node.flatMap(keysOf);
  if (!isObject(node)) return [];
  return [...Object.keys(node), ...Object.values(node).flatMap(keysOf)];
}
const extensionsOf = (node: Json): string[] => [
  ...new Set(keysOf(node).filter((key) => key.startsWith("x-"))),
];

describe("the published document", () => {
  it("has no extensions except x-jupyterhub-scopes, x-jupyterhub-since and x-jupyterhub-until", () => {
    expect(extensionsOf(publishedDocument(document)).toSorted()).toEqual([
      "x-jupyterhub-scopes",
      "x-jupyterhub-since",
      "x-jupyterhub-until",
    ]);
  });

  it("states the first release and the required scopes of a field", () => {
    const published = publishedDocument({
      roles: { type: "array", "x-since": "2.0", "x-scope": "read:roles", "x-open": true },
    });
    expect(published).toEqual({
      roles: {
        type: "array",
        "x-jupyterhub-since": "2.0",
        "x-jupyterhub-scopes": "read:roles",
      },
    });
  });

  it.each(releases)("has every operation of hub %s", (version) => {
    const projected = projectionOf(document, version);
    const published = publishedDocument(projected);
    expect(operationsOf(published).length).toBe(operationsOf(projected).length);
    expect(extensionsOf(published).filter((key) => !key.startsWith("x-jupyterhub-"))).toEqual([]);
  });

  // Before 6.0, the body of a start has no declared keys.
  it.each(releases)(
    "for hub %s declares the body keys of a start request, or allows any keys",
    (version) => {
      const published = publishedDocument(projectionOf(document, version));
      const request = at(published, "components", "schemas", "ServerRequest");
      const declared = Object.keys(at(request, "properties"));
      if (version.startsWith("6.")) expect(declared).toEqual(["display_name", "user_options"]);
      else expect(request).toMatchObject({ type: "object", additionalProperties: true });
    },
  );

  it.each(releases)(
    "for hub %s has no schema with an empty list of fields, except Credentials before 2.0",
    (version) => {
      const { schemas } = at(projectionOf(document, version), "components") as {
        schemas: Record<string, JsonObject>;
      };
      const empty = Object.entries(schemas).flatMap(([name, schema]) =>
        schema["additionalProperties"] === undefined &&
        Object.keys(at(schema, "properties")).length === 0 &&
        "properties" in schema
          ? [name]
          : [],
      );
      // Before 2.0, the owner of a token has no fields of the token; the schema is only a part of others.
      expect(empty).toEqual(version.startsWith("1.") ? ["Credentials"] : []);
    },
  );
});
