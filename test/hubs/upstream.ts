/** JupyterHub's own document of a release in the form that the validator reads. */
import type { JsonObject } from "../../scripts/json.js";
import { writtenOut } from "../mock/document.js";
import { upstream } from "../mock/documents.js";
import { modernised } from "../mock/swagger.js";

/** Written out without references, in the words of OpenAPI 3; nothing is corrected. */
export const upstreamForValidation = (version: string): JsonObject =>
  modernised(writtenOut(upstream(version))) as JsonObject;
