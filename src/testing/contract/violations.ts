/**
 * Turns Ajv's errors into readable lines: the place and what is expected there, never a value. Keys
 * that no schema declares are names of resources, or may be anything: a place has `*` for them.
 */
import type { SchemaError, Validate } from "../../../generated/contract.gen.js";

/** The violations of a value by the schema that it violates least; none if it matches one of them. */
export function violationsOf(
  value: unknown,
  schemas: readonly Validate[],
  fields: ReadonlySet<string>,
): readonly string[] {
  let fewest: readonly string[] | undefined;
  for (const validate of schemas) {
    if (validate(value)) return [];
    const found = linesOf(validate.errors ?? [], fields);
    if (!fewest || found.length < fewest.length) fewest = found;
  }
  return fewest ?? [];
}

/** A union is reported by its alternatives. */
const unions = new Set(["oneOf", "anyOf"]);

/** One line for each kind of violation. */
function linesOf(errors: readonly SchemaError[], fields: ReadonlySet<string>): string[] {
  const lines = errors
    .filter(({ keyword }) => !unions.has(keyword))
    .map(({ instancePath, message, params }) => {
      const steps = instancePath
        .split("/")
        .slice(1)
        .map((step) => (fields.has(step) ? step : "*"));
      const undeclared = params["unevaluatedProperty"] ?? params["additionalProperty"];
      return undeclared === undefined
        ? `/${steps.join("/")}: ${message ?? "does not match"}`
        : `/${[...steps, printable(String(undeclared))].join("/")}: is not declared`;
    });
  // A union that matches in none of its alternatives may say nothing of its own.
  return lines.length > 0 || errors.length === 0 ? [...new Set(lines)] : ["/: does not match"];
}

/** A word as it is; `*` for what may be a token, an id or a name that somebody chose. */
export const printable = (text: string): string =>
  /^[a-z_]{1,32}([- ][a-z_]{1,32}){0,3}$/i.test(text) && !/^[a-f]{16,}$/i.test(text) ? text : "*";
