/**
 * The resources that a check of a hub reads. Collects a limited number of users, servers, tokens and so on from the
 * hub's responses, and makes the path parameters of later requests from them.
 */
type Params = Readonly<Record<string, string>>;

/** The maximum number of users, of groups and so on to read, so that a check of a large hub stays small. */
export const sampleSize = 5;

/**
 * Collects the names of resources (users, groups, servers, …) that responses mention, as path parameters of later
 * requests.
 */
export class Targets {
  readonly #found = new Map<string, Map<string, Params>>();

  /**
   * Records the resources that a response to this operation mentions. `params` are the path parameters of the request.
   */
  collect(operation: string, params: Params, body: unknown): void {
    for (const [source, kind, path] of sources) {
      if (source !== operation) continue;
      for (const item of itemsOf(body, path)) this.#add(kind, paramsOf[kind](item, params));
    }
  }

  /**
   * Returns the path parameters of each request to send for an operation: one empty object if the operation has no path
   * parameters, and an empty list if no resource for it is known.
   */
  of(operation: string): readonly Params[] {
    if (!operation.includes("{")) return [{}];
    const kind = kinds.find(([pattern]) => operation.startsWith(pattern))?.[1];
    const all = kind ? [...(this.#found.get(kind)?.values() ?? [])] : [];
    const names = [...operation.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const wanted = isNamed(operation);
    return all
      .filter((params) => wanted === undefined || wanted === (params["server_name"] !== ""))
      .filter((params) => names.every((name) => name in params))
      .map((params) => Object.fromEntries(names.map((name) => [name, params[name] ?? ""])));
  }

  #add(kind: Kind, params: Params | undefined): void {
    const known = this.#found.get(kind) ?? new Map<string, Params>();
    this.#found.set(kind, known);
    if (params && known.size < sampleSize) known.set(JSON.stringify(params), params);
  }
}

type Kind = "user" | "server" | "token" | "group" | "service" | "userShare" | "groupShare";
type Item = Readonly<Record<string, unknown>>;

/**
 * The operations whose responses mention resources, the kind of these resources, and where they are in the body: `*` is
 * every item of a list or every value of a map.
 */
const sources: readonly (readonly [operation: string, kind: Kind, path: readonly string[]])[] = [
  ["GET /user", "user", []],
  ["GET /users", "user", ["*"]],
  ["GET /users/{name}", "server", ["servers", "*"]],
  ["GET /users/{name}/tokens", "token", ["api_tokens", "*"]],
  ["GET /groups", "group", ["*"]],
  ["GET /services", "service", ["*"]],
  ["GET /users/{name}/shared", "userShare", ["items", "*"]],
  ["GET /groups/{name}/shared", "groupShare", ["items", "*"]],
];

/** How operations begin, each with the kind of resource that such an operation reads. The first match applies. */
const kinds: readonly (readonly [pattern: string, kind: Kind])[] = [
  ["GET /users/{name}/server", "server"],
  ["GET /users/{name}/tokens/{token_id}", "token"],
  ["GET /users/{name}/shared/", "userShare"],
  ["GET /users/{name}", "user"],
  ["GET /groups/{name}/shared/", "groupShare"],
  ["GET /groups/{name}", "group"],
  ["GET /services/{name}", "service"],
  ["GET /shares/{owner}/", "server"],
  ["GET /shares/{owner}", "user"],
  ["GET /share-codes/{owner}/", "server"],
  ["GET /share-codes/{owner}", "user"],
];

const named = (item: Item): string | undefined =>
  typeof item["name"] === "string" ? item["name"] : undefined;

const shareParams = (item: Item, { name = "" }: Params): Params | undefined => {
  const server = (item["server"] ?? {}) as { name?: unknown; user?: { name?: unknown } };
  const owner = server.user?.name;
  if (typeof server.name !== "string" || typeof owner !== "string") return undefined;
  return { name, owner, server_name: server.name };
};

/**
 * For each kind of resource, a function that returns the path parameters for an item of a response, or undefined if the
 * check does not read this item.
 */
const paramsOf: Readonly<Record<Kind, (item: Item, params: Params) => Params | undefined>> = {
  user: (item) => {
    const name = named(item);
    // A service has no servers and no shares.
    return name === undefined || item["kind"] === "service" ? undefined : { name, owner: name };
  },
  server: (item, { name = "" }) => {
    const server = named(item);
    return server === undefined ? undefined : { name, owner: name, server_name: server };
  },
  token: ({ id }, { name = "" }) => (typeof id === "string" ? { name, token_id: id } : undefined),
  group: (item) => withName(item),
  service: (item) => withName(item),
  userShare: shareParams,
  groupShare: shareParams,
};

const withName = (item: Item): Params | undefined => {
  const name = named(item);
  return name === undefined ? undefined : { name };
};

/**
 * Returns true if an operation is only about named servers, false if only about default servers, otherwise undefined.
 */
function isNamed(operation: string): boolean | undefined {
  if (operation.startsWith("GET /users/{name}/servers/")) return true;
  return operation.startsWith("GET /users/{name}/server") ? false : undefined;
}

function itemsOf(body: unknown, path: readonly string[]): Item[] {
  let values: unknown[] = [body];
  for (const step of path) {
    values = values.flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      return step === "*" ? Object.values(value) : [(value as Item)[step]];
    });
  }
  return values.filter((value): value is Item => typeof value === "object" && value !== null);
}
