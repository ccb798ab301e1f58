/**
 * Runs scenarios against a real or fake hub. Returns the responses in a form that is the same in every run: times,
 * tokens, ids and values that depend on the machine are replaced by placeholders.
 */
import type { Scenario, Step } from "./scenario.js";

/** A real or fake hub that scenarios run against. */
export interface Target {
  /** The base URL of the API. */
  url: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The token of each sender that a step may name, such as "admin". */
  tokens: Readonly<Record<string, string>>;
  /** Lets time pass. */
  pass: (milliseconds: number) => Promise<void>;
}

export interface Recorded {
  request: string;
  status: number;
  headers: Record<string, string>;
  body?: unknown;
}

export interface Exchange extends Recorded {
  method: string;
  /** The path below the API, without the query. */
  path: string;
  /** The body and its media type as received. */
  raw: string;
  mediaType: string;
}

export async function runScenarios(
  scenarios: readonly Scenario[],
  target: Target,
): Promise<Map<string, Exchange[]>> {
  const kept = new Map<string, string>();
  const results = new Map<string, Exchange[]>();
  for (const { name, steps } of scenarios) {
    const answers: Exchange[] = [];
    for (const step of steps) answers.push(await runStep(step, target, kept));
    results.set(name, answers);
  }
  return results;
}

const mostTries = 300;
const betweenTries = 100;

async function runStep(step: Step, target: Target, kept: Map<string, string>): Promise<Exchange> {
  const fill = (text: string): string =>
    text.replace(/\{([^}]+)\}/g, (_, name: string) => kept.get(name) ?? `{${name} was not kept}`);
  const [method = "", path = ""] = splitOnce(step.request, " ");
  const token = step.as.startsWith("{") ? fill(step.as) : (target.tokens[step.as] ?? step.as);
  const body = step.text ?? (step.body === undefined ? undefined : JSON.stringify(step.body));
  const init: RequestInit = {
    method,
    redirect: "manual",
    headers: {
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(step.as !== "nobody" && { Authorization: `token ${token}` }),
      ...step.headers,
    },
    ...(body !== undefined && { body }),
  };
  for (let tries = 1; ; tries += 1) {
    const response = await target.fetch(target.url + fill(path), init);
    const raw = await response.text();
    const value = parsed(response, raw);
    if (step.until && !step.until({ status: response.status, body: value })) {
      if (tries === mostTries) throw new Error(`${step.request}: what was awaited did not come`);
      await target.pass(betweenTries);
      continue;
    }
    for (const [name, key] of Object.entries(step.keep)) {
      kept.set(name, String((value as Record<string, unknown> | undefined)?.[key]));
    }
    return {
      method,
      path: fill(path).replace(/\?.*/, ""),
      request: `${step.request} as ${step.as}`,
      status: response.status,
      headers: headersOf(response.headers, raw),
      ...(value !== undefined && { body: normalised(value) }),
      raw,
      mediaType: (response.headers.get("Content-Type") ?? "").replace(/;.*/, ""),
    };
  }
}

/** The value of a JSON body, the events of a stream, or a placeholder for other text; undefined for an empty body. */
function parsed(response: Response, raw: string): unknown {
  const type = response.headers.get("Content-Type") ?? "";
  if (raw === "") return undefined;
  if (type.startsWith("application/json")) return JSON.parse(raw);
  if (type.startsWith("text/event-stream")) return eventsOf(raw);
  // Pages and metrics are compared by their presence only, not by their text.
  return type.startsWith("text/html") ? "<a page>" : "<text>";
}

/** The number of events to compare at the start of a stream, besides its last event. The rest depends on timing. */
const firstEvents = 3;

function eventsOf(raw: string): unknown[] {
  const events = raw
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => JSON.parse(line.slice("data:".length)) as unknown);
  return events.length > firstEvents + 1
    ? [...events.slice(0, firstEvents), "<and so on>", events.at(-1)]
    : events;
}

const relevant = [
  "content-type",
  "x-jupyterhub-version",
  "cache-control",
  "retry-after",
  "location",
  "access-control-allow-origin",
  "access-control-allow-headers",
];

/** Header values that most responses have. The recordings omit them. */
const usual: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  "access-control-allow-headers": "accept, content-type, authorization",
};

/** The relevant headers whose values are not the usual ones. */
function headersOf(headers: Headers, raw: string): Record<string, string> {
  const found = relevant.map((name): [string, string | undefined] => {
    const value = headers.get(name) ?? undefined;
    if (name === "x-jupyterhub-version") return [name, value === undefined ? "absent" : undefined];
    if (value === usual[name]) return [name, undefined];
    // This media type depends on the installed Python library.
    if (value?.startsWith("text/plain; version=")) return [name, "<prometheus text>"];
    return [name, value === undefined && name in usual ? "absent" : value];
  });
  if (raw === "") found.push(["content-length", headers.get("content-length") ?? "absent"]);
  return Object.fromEntries(
    found.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The maximum number of items of a list that are compared. */
const mostItems = 20;

/** The keys of lists that hubs send in random order. */
const unordered = new Set(["roles", "scopes", "groups", "users"]);

const byKey: Readonly<Record<string, (value: unknown) => unknown>> = {
  token: () => "<token>",
  code: () => "<code>",
  id: (value) => String(value).replace(/\d+/, "#"),
  token_id: (value) => (typeof value === "string" ? value.replace(/\d+/, "#") : value),
  python: () => "<python>",
  sys_executable: () => "<python>",
  spawner: () => "<class>",
  authenticator: () => "<class>",
  state: (value) => (isObject(value) ? Object.keys(value).toSorted() : value),
  target: () => "<target>",
  note: (value) => value,
  last_activity: (value) => (value === null ? null : "<time>"),
};

function normalised(value: unknown, key = ""): unknown {
  if (Object.hasOwn(byKey, key)) return byKey[key]?.(value);
  if (typeof value === "string") return normalisedText(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => normalised(item));
    if (unordered.has(key)) return items.toSorted();
    const more = items.length - mostItems;
    return more > 0 ? [...items.slice(0, mostItems - 1), `<${more} more>`, items.at(-1)] : items;
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, entry]) => [name, normalised(entry, name)]),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const normalisedText = (text: string): string =>
  text
    .replace(/(No such token a)\d+/, "$1#")
    .replace(/<APIToken\('\w*\.\.\./, "<APIToken('<start>...")
    .replace(/^\d{4}-\d\d-\d\dT[\d:]+(\.\d+)?Z$/, "<time>")
    .replace(/https?:\/\/(?!errors\.pydantic)[\w.-]+(:\d+)?/, "<origin>")
    .replace(/([?&]code=)[\w-]+/, "$1<code>")
    .replace(
      /(Not assigning requested scopes )(\S+)/,
      (_, before: string, list: string) => before + list.split(",").toSorted().join(","),
    )
    // Links contain the version of the validation library.
    .replace(/errors\.pydantic\.dev\/[\d.]+/g, "errors.pydantic.dev/<version>");

function splitOnce(text: string, mark: string): [string, string] {
  const index = text.indexOf(mark);
  return [text.slice(0, index), text.slice(index + mark.length)];
}
