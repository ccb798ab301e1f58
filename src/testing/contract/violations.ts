/**
 * Turns Ajv's errors into readable lines: the place and what is expected there, never a value. In the place,
 * `*` replaces each key that no schema declares, because it may be the name of a resource or any other value.
 */
import type { SchemaError, Validate } from "../../../generated/contract.gen.js";

/**
 * Returns no violations if a value matches one of the schemas. Otherwise returns its violations of the schema of which
 * it has the fewest violations.
 */
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

/**
 * The JSON Schema keywords for unions. Ajv's errors for these keywords are omitted, because its errors for the
 * alternatives say more.
 */
const unions = new Set(["oneOf", "anyOf"]);

/** Returns one line for each violation, without duplicates. */
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
  // If a union's alternatives report no errors of their own, there is no line yet.
  return lines.length > 0 || errors.length === 0 ? [...new Set(lines)] : ["/: does not match"];
}

/** Returns up to four plain words as they are, and `*` for any other text: it may be a token, an id or a name. */
export const printable = (text: string): string =>
  /^[a-z_]{1,32}([- ][a-z_]{1,32}){0,3}$/i.test(text) && !/^[a-f]{16,}$/i.test(text) ? text : "*";
