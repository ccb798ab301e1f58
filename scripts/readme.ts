/**
 * npm run readme              writes the generated tables of docs/: methods and operations, defaults, features
 * npm run readme -- --check   fails if they are out of date
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { features, operations, scopes, type Feature } from "../generated/operations.gen.js";
import { readArguments } from "./arguments.js";
import { methodOperations, methodScopes, onlyScope, rawOnly } from "./method-operations.js";
import { defaultsTable } from "./defaults.js";
import { withPart } from "./marked-part.js";

const root = join(import.meta.dirname, "..");

const code = (text: string): string => `\`${text}\``;
const scopesOf = (method: string, operation: string): string => {
  const { also } = methodScopes[method] ?? {};
  const only = onlyScope(method, operation);
  if (only === "") return "none: a password";
  if (only) return code(only);
  return also && !scopes[operation]?.includes(also)
    ? `${scopesOfOperation(operation)}, and ${code(also)}`
    : scopesOfOperation(operation);
};
const scopesOfOperation = (operation: string): string => {
  const alternatives = scopes[operation] ?? [];
  if (operations[operation]?.public) return "none: public";
  if (alternatives.length === 0 || alternatives[0] === "(no_scope)") return "any token";
  return alternatives.map(code).join(" or ");
};
const sinceOf = (operation: string): string => {
  const { since, until } = operations[operation] ?? {};
  return until ? `until ${until}` : (since ?? "1.2 or older");
};

function table(): string {
  const rows = Object.entries(methodOperations).flatMap(([method, keys]) =>
    keys.map((key, index) => [
      index === 0 ? code(`hub.${method}`) : "",
      code(key),
      sinceOf(key),
      scopesOf(method, key),
    ]),
  );
  const raw = Object.entries(rawOnly).map(([key, why]) => [code(key), why]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["method", "operation", "since", "scopes"]),
    line(["---", "---", "---", "---"]),
    ...rows.map(line),
    "",
    "Without a method, as functions of `jupyterhub-client/api` alone:",
    "",
    line(["operation", "why"]),
    line(["---", "---"]),
    ...raw.map(line),
  ].join("\n");
}

/** The methods and inputs that each feature of `hub.supports` allows. */
const featureUses: Readonly<Record<Feature, string>> = {
  "display-names": "`display_name` of `servers.start`, `create` and `update`",
  "group-properties": "`groups.setProperties`",
  health: "`hub.health`",
  metrics: "`hub.metrics`",
  "name-filter": "`name_filter` of `users.list` and `servers.listActive`",
  pagination: "listings in pages; before, hubs send all items at once, and listings still work",
  "server-models": "`servers.create` and `servers.update`; `servers.get` works before, too",
  "service-registration": "`services.create` and `services.delete`",
  shares: "`hub.shares` and `hub.shareCodes`",
  sort: "`sort` of `users.list` and `servers.listActive`",
  "stopped-servers": "`include_stopped_servers` of users and servers",
  "token-scopes": "`scopes` of `tokens.create` and `tokens.createTemporary`",
  "user-states": "`state` of `users.list`",
};

function featureTable(): string {
  const rows = Object.entries(featureUses).map(([feature, use]) => {
    const since = features[feature as Feature];
    return `| ${code(feature)} | ${since} | ${use} |`;
  });
  return ["| feature | since hub | what it allows |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The generated parts, by name, with the file that each is in. */
const parts: readonly (readonly [file: string, name: string, part: string])[] = [
  ["docs/methods.md", "operations", table()],
  ["docs/networks.md", "defaults", defaultsTable()],
  ["docs/older-hubs.md", "features", featureTable()],
];

const { values } = readArguments("npm run readme [-- --check]", { check: { type: "boolean" } });
const outdated = parts.filter(([file, name, part]) => {
  const path = join(root, file);
  const text = readFileSync(path, "utf8");
  const written = withPart(text, `<!-- ${name}: written by \`npm run readme\` -->`, part, file);
  if (!values.check) writeFileSync(path, written);
  return written !== text;
});
if (values.check && outdated.length > 0) {
  const files = outdated.map(([file]) => file).join(", ");
  console.error(`Out of date: ${files}. Run \`npm run readme\` and commit the result.`);
  process.exitCode = 1;
}
