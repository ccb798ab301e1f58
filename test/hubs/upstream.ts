/** JupyterHub's own document of a release in the form that the validator reads. */
import type { JsonObject } from "../../scripts/json.js";
import { dereferenced } from "../mock/document.js";
import { upstream } from "../mock/openapi-files.js";
import { upgradedToOpenApi3 } from "../mock/swagger.js";

/** Written out without references, in the words of OpenAPI 3; nothing is corrected. */
export const upstreamForValidation = (version: string): JsonObject =>
  upgradedToOpenApi3(dereferenced(upstream(version))) as JsonObject;
