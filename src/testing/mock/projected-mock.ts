/**
 * Makes the document from which Prism answers like a hub of one release: the projection of the corrected document onto
 * this release, with the release's version and with examples. The examples contain only fields that the projection
 * keeps.
 */
import { isObject, listAt, objectAt, operationsOf } from "./document.js";
import type { Json, JsonObject } from "./document.js";
import { examples } from "./examples.js";
import { mockCopy } from "./mock-copy.js";
import type { Examples, MockDocument } from "./mock-copy.js";
import { HUB_VERSION } from "./models.js";
import { projectionOf } from "./projection.js";

export function projectedMock(corrected: JsonObject, version: string): MockDocument {
  const text = JSON.stringify(examples);
  const own = text.replaceAll(JSON.stringify(HUB_VERSION), JSON.stringify(version));
  const mock = mockCopy(projectionOf(corrected, version), {
    version,
    examples: JSON.parse(own) as Examples,
  });
  for (const { operation } of operationsOf(mock)) {
    for (const response of Object.values(objectAt(operation, "responses"))) {
      for (const media of Object.values(objectAt(response, "content"))) {
        if (!isObject(media) || !isObject(media["schema"]) || !("example" in media)) continue;
        media["example"] = declaredPart([media["schema"]], media["example"] ?? null);
      }
    }
  }
  return mock;
}

/**
 * Returns a value with only the properties that at least one of its schemas declares. Returns it unchanged if no schema
 * declares any.
 */
function declaredPart(schemas: readonly JsonObject[], value: Json): Json {
  const parts = schemas.flatMap(partsOf);
  if (Array.isArray(value)) {
    const items = parts.map((part) => part["items"]).filter(isObject);
    return value.map((entry) => declaredPart(items, entry));
  }
  const declared = parts.some((part) => Object.keys(objectAt(part, "properties")).length > 0);
  const maps = parts.map((part) => part["additionalProperties"]).filter(isObject);
  if (!isObject(value) || (!declared && maps.length === 0)) return value;
  const entries = Object.entries(value).flatMap(([name, entry]): [string, Json][] => {
    const own = parts.map((part) => objectAt(part, "properties")[name]).filter(isObject);
    const schemasOfEntry = own.length > 0 ? own : maps;
    return schemasOfEntry.length > 0 ? [[name, declaredPart(schemasOfEntry, entry)]] : [];
  });
  return Object.fromEntries(entries);
}

/** A schema and all schemas that it is composed of. */
const partsOf = (schema: JsonObject): JsonObject[] => [
  schema,
  ...["allOf", "anyOf", "oneOf"].flatMap((keyword) => listAt(schema, keyword).flatMap(partsOf)),
];
