/** Makes mock copies of any document, including JupyterHub's own. Converts Swagger 2.0 to OpenAPI 3 first. */
import { dereferenced, type JsonObject } from "../../src/testing/mock/document.js";
import {
  inlineParameters,
  mockCopy as copyOf,
  type MockDocument,
  type MockOptions,
} from "../../src/testing/mock/mock-copy.js";
import { upgradedToOpenApi3 } from "./swagger.js";

export const mockCopy = (document: JsonObject, options: MockOptions = {}): MockDocument =>
  copyOf(upgradedToOpenApi3(inlineParameters(dereferenced(document))), options);
