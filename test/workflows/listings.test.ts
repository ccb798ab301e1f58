/** Each listing method requests the right route and query, and returns all rows. */
import { describe, expect, it } from "vitest";
import { UnexpectedResponseError } from "../../src/index.js";
import type { JupyterHub } from "../../src/index.js";
import { fakeListing, names, pageType, routeMap } from "./fake-listing.js";

type List = (hub: JupyterHub, limit?: number) => PromiseLike<object[]>;
const input = (limit?: number): { limit?: number } => (limit === undefined ? {} : { limit });

/** Creates a row of a listing, identified by the given name. */
const named = (name: string): object => ({ name });
const code = (id: string): object => ({ id });
const share = (name: string): object => ({
  server: { name: "gpu", user: { name: "ada" } },
  kind: "user",
  user: { name },
  group: null,
});
const groupShare = (name: string): object => ({
  server: { name: "gpu", user: { name: "ada" } },
  kind: "group",
  user: null,
  group: { name },
});

const listings: [method: string, route: string, row: (name: string) => object, list: List][] = [
  ["users.list", "/users", named, (hub, limit) => hub.users.list(input(limit))],
  ["groups.list", "/groups", named, (hub, limit) => hub.groups.list(input(limit))],
  [
    "shares.list of an owner",
    "/shares/ada",
    share,
    (hub, limit) => hub.shares.list("ada", input(limit)),
  ],
  [
    "shares.list of a default server",
    "/shares/ada/",
    groupShare,
    (hub, limit) => hub.shares.list("ada", { server: "", ...input(limit) }),
  ],
  [
    "shares.list of a named server",
    "/shares/ada/gpu",
    share,
    (hub, limit) => hub.shares.list("ada", { server: "gpu", ...input(limit) }),
  ],
  [
    "shares.listForUser",
    "/users/ada/shared",
    share,
    (hub, limit) => hub.shares.listForUser("ada", input(limit)),
  ],
  [
    "shares.listForGroup",
    "/groups/staff/shared",
    groupShare,
    (hub, limit) => hub.shares.listForGroup("staff", input(limit)),
  ],
  [
    "shareCodes.list of an owner",
    "/share-codes/ada",
    code,
    (hub, limit) => hub.shareCodes.list("ada", input(limit)),
  ],
  [
    "shareCodes.list of a default server",
    "/share-codes/ada/",
    code,
    (hub, limit) => hub.shareCodes.list("ada", { server: "", ...input(limit) }),
  ],
  [
    "shareCodes.list of a named server",
    "/share-codes/ada/gpu",
    code,
    (hub, limit) => hub.shareCodes.list("ada", { server: "gpu", ...input(limit) }),
  ],
];

describe.each(listings)("%s", (_, route, row, list) => {
  const shape = (items: string[]): object[] => items.map(row);

  it("lists all rows, with pages that overlap by a row", async () => {
    const { hub, recorded } = fakeListing(names(450), { shape });
    expect(await list(hub)).toEqual(names(450).map(row));
    expect(recorded.map(({ path }) => path)).toEqual([
      `${route}?offset=0&limit=200`,
      `${route}?offset=199&limit=200`,
      `${route}?offset=398&limit=200`,
    ]);
  });

  it("requests pages of `limit` rows", async () => {
    const { hub, recorded } = fakeListing(names(3), { shape });
    expect(await list(hub, 2)).toHaveLength(3);
    expect(recorded.map(({ path }) => path)).toEqual([
      `${route}?offset=0&limit=2`,
      `${route}?offset=1&limit=2`,
    ]);
  });

  it("rejects a response that is not a listing", async () => {
    const { hub } = fakeListing([], { first: [{ message: "hello" }] });
    await expect(list(hub)).rejects.toBeInstanceOf(UnexpectedResponseError);
  });
});

it.each([
  ["users.list", (hub: JupyterHub) => hub.users.list()],
  ["groups.list", (hub: JupyterHub) => hub.groups.list()],
  ["proxy.listRoutes", (hub: JupyterHub) => hub.proxy.listRoutes()],
])(
  "%s requests pages with an Accept header that has only the media type of pages",
  async (_, list) => {
    const { hub, recorded } = fakeListing(names(3), { max: 2 });
    await list(hub);
    expect(recorded.map(({ accept }) => accept)).toEqual([pageType, pageType]);
  },
);

describe("proxy.listRoutes", () => {
  const routes = (count: number): object[] => names(count).map((routespec) => ({ routespec }));

  it.each(["6.1.1", "3.0.0"])(
    "returns the routes of all pages as a list on hub %s",
    async (version) => {
      const { hub, recorded } = fakeListing(names(450), { version, shape: routeMap });
      expect(await hub.proxy.listRoutes()).toEqual(routes(450));
      expect(recorded.map(({ path }) => path)).toEqual([
        "/proxy?offset=0&limit=200",
        "/proxy?offset=199&limit=200",
        "/proxy?offset=398&limit=200",
      ]);
    },
  );

  it("requests pages of `limit` rows", async () => {
    const { hub, recorded } = fakeListing(names(3), { shape: routeMap });
    expect(await hub.proxy.listRoutes({ limit: 2 })).toEqual(routes(3));
    expect(recorded.map(({ path }) => path)).toEqual([
      "/proxy?offset=0&limit=2",
      "/proxy?offset=1&limit=2",
    ]);
  });

  it.each(["2.3.1", "2.0.0", "1.2.2"])(
    "requests all routes at once from hub %s, which does not support pages",
    async (version) => {
      const { hub, recorded } = fakeListing(names(180), { version, shape: routeMap });
      expect(await hub.proxy.listRoutes({ limit: 2 })).toEqual(routes(180));
      expect(recorded).toEqual([{ path: "/proxy", accept: "application/json" }]);
    },
  );

  it.each<[what: string, answer: unknown]>([
    ["null", null],
    ["a string", "hello"],
    ["a page without routes", { items: null, _pagination: { next: null } }],
    ["a page without a pagination", { items: {}, _pagination: null }],
  ])("rejects a response that is %s", async (_, answer) => {
    const { hub } = fakeListing([], { first: [answer] });
    await expect(hub.proxy.listRoutes()).rejects.toBeInstanceOf(UnexpectedResponseError);
  });
});

describe("services.list", () => {
  it("returns the services as a list, though the hub sends them as a map", async () => {
    const services = { cull: { name: "cull", admin: true }, docs: { name: "docs", admin: false } };
    const { hub, recorded } = fakeListing([], { first: [services] });
    expect(await hub.services.list()).toEqual([services.cull, services.docs]);
    expect(recorded.map(({ path }) => path)).toEqual(["/services"]);
  });

  it("returns an empty list if there are no services", async () => {
    const { hub } = fakeListing([], { first: [{}] });
    expect(await hub.services.list()).toEqual([]);
  });
});
