/**
 * Converts Swagger 2.0 to OpenAPI 3.0 as far as JupyterHub's old documents need it: bodies, form fields,
 * typed parameters and response schemas. Needs dereferenced documents.
 */
import { isObject, listAt, objectAt, operationsOf } from "../../src/testing/mock/document.js";
import type { Json, JsonObject } from "../../src/testing/mock/document.js";

const FORM = "application/x-www-form-urlencoded";

/** Keywords of a Swagger parameter that are not part of its schema. */
const PARAMETER_KEYS = new Set(["name", "in", "description", "required", "allowEmptyValue"]);

export function upgradedToOpenApi3(document: JsonObject): JsonObject {
  if (!("swagger" in document)) return document;
  const { swagger: _, definitions: __, securityDefinitions, ...rest } = document;
  for (const { operation } of operationsOf(document)) {
    moveParameters(operation);
    moveResponses(operation, strings(operation["produces"] ?? document["produces"]));
  }
  return {
    openapi: "3.0.3",
    ...rest,
    components: { securitySchemes: securityDefinitions ?? {} },
  };
}

function moveParameters(operation: JsonObject): void {
  const parameters = listAt(operation, "parameters");
  const body = parameters.find((parameter) => parameter["in"] === "body");
  const fields = parameters.filter((parameter) => parameter["in"] === "formData");
  operation["parameters"] = parameters
    .filter((parameter) => parameter !== body && !fields.includes(parameter))
    .map(moveSchema);
  if (body) {
    operation["requestBody"] = {
      required: body["required"] ?? false,
      content: { "application/json": { schema: body["schema"] ?? {} } },
    };
  } else if (fields.length > 0) {
    const required = fields.filter((field) => field["required"] === true);
    const schema: JsonObject = {
      type: "object",
      required: required.map((field) => field["name"] ?? ""),
      properties: Object.fromEntries(
        fields.map((field) => [field["name"], moveSchema(field)["schema"]]),
      ),
    };
    operation["requestBody"] = { required: required.length > 0, content: { [FORM]: { schema } } };
  }
}

function moveSchema(parameter: JsonObject): JsonObject {
  const entries = Object.entries(parameter);
  return {
    ...Object.fromEntries(entries.filter(([key]) => PARAMETER_KEYS.has(key))),
    schema: Object.fromEntries(entries.filter(([key]) => !PARAMETER_KEYS.has(key))),
  };
}

function moveResponses(operation: JsonObject, mediaTypes: string[]): void {
  for (const response of Object.values(objectAt(operation, "responses"))) {
    if (!isObject(response) || response["schema"] === undefined) continue;
    const { schema } = response;
    delete response["schema"];
    response["content"] = Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
  }
}

const strings = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
