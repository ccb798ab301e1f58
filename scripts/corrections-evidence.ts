/**
 * Reads the evidence of a correction, `x-seen` in the overlay: the requests that showed it on a hub. Writes each
 * request as a curl command.
 *
 * Notation: `6.1.1 POST /users with {}; PATCH /users/linus, then GET /users`. A semicolon separates demonstrations, and
 * `, then` separates the requests of one demonstration. "each of them" and "every route" stand for the corrected
 * operations. Evidence that needs more than requests (a browser, a broken proxy) is a sentence in any other form, and
 * has no command.
 */
import { methods, type DocumentedOperation } from "./document.js";
import { at } from "./json.js";

export interface Evidence {
  /** The release of the hub: "6.1.1". */
  release: string;
  /** The requests as Markdown. */
  text: string;
  /** Lines for a shell. Empty if requests alone do not show the correction. */
  commands: readonly string[];
}

interface Request {
  /** The key of the operation in the document: "GET /users/{name}". */
  operation: string;
  method: string;
  path: string;
  conditions: readonly string[];
  /** Whether the request is an example for several operations. */
  isExample: boolean;
}

const verb = methods.map((method) => method.toUpperCase()).join("|");
const call = new RegExp(`^((?:${verb})(?:(?:, | and )(?:${verb}))*) (/\\S*)`);
const places = /^(?:each of them|every route)/;
const condition =
  /^ with(?:out a (?:body|token)| half a body| names that do not exist| Accept: \S+| the form \S+| \w+=\S+| a token (?:that has only .+|of a service.*)$| [{[].*?[}\]](?= with|$))/;

/** Values for path parameters and other names in braces. */
const values: Readonly<Record<string, string>> = {
  name: "ada",
  owner: "grace",
  server_name: "lab",
};
const nameBelow: Readonly<Record<string, string>> = { groups: "class", services: "announcer" };

/**
 * Returns the evidence for a correction, limited to requests to the corrected operations if there are such requests.
 */
export function evidenceOf(
  seen: string,
  changed: readonly string[],
  operations: ReadonlyMap<string, DocumentedOperation>,
): Evidence {
  const [, release = "", whole = ""] = /^(\S+?),? (.*)$/s.exec(seen.trim()) ?? [];
  const demonstrations = whole
    .split("; ")
    .map((one) => one.split(", then ").map((step) => requestsOf(step, changed, operations)));
  if (demonstrations.flat().some((requests) => requests === undefined)) {
    return { release, text: inCode(whole), commands: [] };
  }
  // A step with several methods becomes several demonstrations.
  const all = (demonstrations as Request[][][]).flatMap((steps) =>
    steps.length === 1 ? (steps[0] ?? []).map((request) => [request]) : [steps.flat()],
  );
  const own = all.filter((steps) => steps.some(({ operation }) => changed.includes(operation)));
  const shown = own.length > 0 ? own : all;
  return {
    release,
    text: shown.map((steps) => steps.map(requestText).join(", then ")).join("; "),
    commands: shown.flatMap((steps, index) => [
      ...(index > 0 && (steps.length > 1 || (shown[index - 1]?.length ?? 0) > 1) ? [""] : []),
      ...steps.flatMap((request) => commandOf(request, operations)),
    ]),
  };
}

/** Returns the requests of a step, or undefined if the step is not in the notation of requests. */
function requestsOf(
  step: string,
  changed: readonly string[],
  operations: ReadonlyMap<string, DocumentedOperation>,
): Request[] | undefined {
  const named = call.exec(step);
  const [start] = named ?? places.exec(step) ?? [];
  if (start === undefined) return undefined;
  const conditions: string[] = [];
  let rest = step.slice(start.length);
  while (rest !== "") {
    const [next] = condition.exec(rest) ?? [];
    if (next === undefined) return undefined;
    conditions.push(next.trim());
    rest = rest.slice(next.length);
  }
  const [, list = "", path = ""] = named ?? [];
  const requests = named
    ? list.split(/, | and /).map((method) => ({ method, path }))
    : changed
        .filter((place) => operations.has(place))
        .slice(0, 1)
        .map((place) => ({ method: place.split(" ")[0] ?? "", path: place.split(" ")[1] ?? "" }));
  return requests.map(({ method, path }) => ({
    operation: operationOf(method, path, operations),
    method,
    path,
    conditions,
    isExample: !named && changed.length > 1,
  }));
}

/** Returns the operation of a request. If several match, the one with the fewest path parameters wins. */
function operationOf(
  method: string,
  path: string,
  operations: ReadonlyMap<string, DocumentedOperation>,
): string {
  const sent = (path.split("?")[0] ?? "").split("/");
  const fitting = [...operations.keys()].filter((key) => {
    const [verb, template = ""] = key.split(" ");
    const parts = template.split("/");
    return (
      verb === method &&
      parts.length === sent.length &&
      parts.every((part, index) => part === sent[index] || part.startsWith("{"))
    );
  });
  const variables = (key: string): number => key.split("{").length;
  return fitting.toSorted((one, other) => variables(one) - variables(other))[0] ?? "";
}

const requestText = ({ method, path, conditions, isExample }: Request): string =>
  [
    ...(isExample ? ["each of them, such as"] : []),
    `\`${method} ${path}\``,
    ...conditions.map(inCode),
  ].join(" ");

/** Formats the requests and the JSON in a sentence as code. */
const inCode = (text: string): string =>
  text
    .replaceAll(/((?:[A-Z]+(?:, | and ))*[A-Z]{3,}) (\/[^\s,]*)/g, "`$1 $2`")
    .replace(/(?<=^with )([{[].*[}\]]|Accept: \S+)$/, "`$1`")
    .replace(/(?<=^with (?:the form )?)(\w+=\S+)$/, "`$1`");

function commandOf(
  { method, path, conditions, operation }: Request,
  operations: ReadonlyMap<string, DocumentedOperation>,
): string[] {
  const declared = operations.get(operation)?.operation ?? {};
  const isPublic = Array.isArray(declared["security"]) && declared["security"].length === 0;
  const isStream = "text/event-stream" in at(declared, "responses", "200", "content");
  const valueOf = (pattern: RegExp): string | undefined =>
    conditions.map((one) => pattern.exec(one)?.[1]).find((found) => found !== undefined);
  const accept = valueOf(/^with Accept: (.*)/);
  const form = valueOf(/^with the form (.*)/);
  const query = valueOf(/^with (\w+=.*)/);
  const token = valueOf(/^with (a token .*)/);
  const body = conditions.includes("with half a body") ? "{" : valueOf(/^with ([{[].*)/);
  const target = conditions.includes("with names that do not exist")
    ? path.replaceAll(/\{\w+\}/g, "none")
    : filled(path);
  const command = [
    isStream ? "curl -i -N" : "curl -i",
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...(isPublic || conditions.includes("without a token")
      ? []
      : ['-H "Authorization: token $TOKEN"']),
    ...(accept === undefined ? [] : [`-H "Accept: ${accept}"`]),
    ...(form === undefined ? [] : form.split("&").map((pair) => `-d "${filled(pair)}"`)),
    ...(body === undefined ? [] : [`--json ${quoted(filled(body))}`]),
    `"$HUB${target}${query === undefined ? "" : `?${query}`}"`,
  ].join(" ");
  return token === undefined ? [command] : [`# TOKEN: ${token}`, command];
}

/** Replaces each name in braces with an example value, or with a shell variable. */
const filled = (text: string): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const below = name === "name" ? nameBelow[text.split("/")[1] ?? ""] : undefined;
    return below ?? values[name] ?? `$${name.toUpperCase()}`;
  });

/** Quotes a text for the shell, with double quotes if it contains variables. */
const quoted = (text: string): string =>
  text.includes("$") ? `"${text.replaceAll('"', '\\"')}"` : `'${text.replaceAll("'", "'\\''")}'`;
