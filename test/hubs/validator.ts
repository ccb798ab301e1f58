/**
 * Validates a hub's responses against any document, with the same rules as `assertContract`: an undeclared status,
 * media type or field, a missing field, a wrong type or a null that is not allowed is a violation.
 */
import { contractOf } from "../../scripts/contract-validators.js";
import type { JsonObject } from "../../scripts/json.js";
import { responseViolations, type Answer } from "../../src/testing/contract/check.js";

export type { Answer };

/** Returns the violations in a response; an empty list if the response is as documented. */
export type Validator = (answer: Answer) => readonly string[];

export function validatorOf(document: JsonObject): Validator {
  const contract = contractOf(document);
  return (answer) => responseViolations(contract, answer);
}
