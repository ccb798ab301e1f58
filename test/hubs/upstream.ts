/** JupyterHub's own OpenAPI document for a release, in the form that the validator reads. */
import type { JsonObject } from "../../scripts/json.js";
import { dereferenced } from "../../src/testing/mock/document.js";
import { upstream } from "../mock/openapi-files.js";
import { upgradedToOpenApi3 } from "../mock/swagger.js";

/** Returns the document dereferenced and converted to OpenAPI 3, without our corrections. */
export const upstreamForValidation = (version: string): JsonObject =>
  upgradedToOpenApi3(dereferenced(upstream(version))) as JsonObject;
