/**
 * The types as users see them. `npm test` compiles this file in strict mode. Lines that must not compile are marked, so
 * that the compiler fails if they do.
 */
import { describe, expectTypeOf, it } from "vitest";
import { createClient, getUsers, type UserPage } from "../../src/api.js";
import * as surface from "../../src/index.js";
import {
  JupyterHub,
  hasScope,
  type ActiveServer,
  type Feature,
  type Listing,
  type NewToken,
  type Page,
  type ProgressEvent,
  type RequestIdentity,
  type Scope,
  type Server,
  type ServerStart,
  type Share,
  type SpawnFailedError,
  type StartResult,
  type User,
} from "../../src/index.js";
import { answering, hubOf } from "../unit/helpers.js";

const hub = hubOf(answering());

/** The exported error classes, by name. */
type Classes = {
  [
    Name in keyof typeof surface as (typeof surface)[Name] extends new (
      ...args: never
    ) => surface.JupyterHubError
      ? Name
      : never
  ]: (typeof surface)[Name];
};

describe("the types of errors", () => {
  it("are narrowed by a check of the class's name", () => {
    type Name = NonNullable<Parameters<typeof surface.isJupyterHubError>[1]>;
    expectTypeOf<Name>().toEqualTypeOf<keyof Classes>();
    const error: unknown = undefined;
    if (surface.isJupyterHubError(error, "ServerNotRunningError")) {
      expectTypeOf(error).toEqualTypeOf<surface.ServerNotRunningError>();
    }
  });
});

describe("the types of methods and models", () => {
  it("declare promises of the hub's models or of undefined", () => {
    expectTypeOf(hub.version).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(hub.whoami).returns.resolves.toEqualTypeOf<RequestIdentity>();
    expectTypeOf(hub.servers.list).returns.resolves.toEqualTypeOf<Server[]>();
    expectTypeOf(hub.servers.start).returns.resolves.toEqualTypeOf<Server>();
    expectTypeOf(hub.servers.start).returns.toExtend<AsyncIterable<ProgressEvent>>();
    expectTypeOf(hub.servers.restart).returns.toEqualTypeOf<ServerStart>();
    expectTypeOf(hub.servers.progress).returns.toEqualTypeOf<AsyncIterable<ProgressEvent>>();
    expectTypeOf(hub.servers.startMany).returns.toEqualTypeOf<AsyncIterable<StartResult>>();
    expectTypeOf(hub.waitUntilReady).returns.resolves.toEqualTypeOf<void>();
    expectTypeOf(hub.servers.stop).returns.resolves.toEqualTypeOf<void>();
    expectTypeOf(hub.tokens.create).returns.resolves.toEqualTypeOf<NewToken>();
    expectTypeOf(hub.tokens.createTemporary).returns.resolves.toExtend<
      NewToken & AsyncDisposable
    >();
    expectTypeOf(hub.tokens.login).returns.resolves.toExtend<{ client: JupyterHub }>();
    expectTypeOf(hub.shares.revoke).returns.resolves.toEqualTypeOf<Share | undefined>();
  });

  it("declare listings that can be awaited, iterated or read page by page", () => {
    const listing = hub.users.list();
    expectTypeOf(listing).toEqualTypeOf<Listing<User>>();
    expectTypeOf(listing).resolves.toEqualTypeOf<User[]>();
    expectTypeOf<Awaited<typeof listing>>().toEqualTypeOf<User[]>();
    const count = () => listing.then((users) => users.length);
    expectTypeOf(count).returns.resolves.toEqualTypeOf<number>();
    expectTypeOf(listing).toExtend<AsyncIterable<User>>();
    expectTypeOf(listing.pages()).toExtend<AsyncIterable<Page<User>>>();
    expectTypeOf(listing.page).returns.resolves.toEqualTypeOf<Page<User>>();
    expectTypeOf(hub.shares.listForUser).returns.resolves.toEqualTypeOf<Share[]>();
    expectTypeOf(hub.servers.listActive).returns.resolves.toEqualTypeOf<ActiveServer[]>();
  });

  it("declare required, optional and nullable fields, and enumerations that accept unknown values", () => {
    expectTypeOf<User["name"]>().toEqualTypeOf<string>();
    expectTypeOf<User["servers"]>().toEqualTypeOf<Record<string, Server> | undefined>();
    expectTypeOf<Server["started"]>().toEqualTypeOf<string | null>();
    expectTypeOf<"spawn">().toExtend<Server["pending"]>();
    expectTypeOf<"something-new">().toExtend<Server["pending"]>();
    expectTypeOf<1>().not.toExtend<Server["pending"]>();
  });

  it("distinguish a started server from an error", () => {
    const result = {} as StartResult;
    if (result.server) expectTypeOf(result.server).toEqualTypeOf<Server>();
    else expectTypeOf(result.error).toEqualTypeOf<surface.JupyterHubError>();
  });

  it("allow a progress event to have any key of a Spawner besides the known fields", () => {
    expectTypeOf<ProgressEvent["progress"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ProgressEvent["html_message"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<ProgressEvent["anything"]>().toEqualTypeOf<unknown>();
    expectTypeOf<SpawnFailedError["reason"]>().toEqualTypeOf<string | undefined>();
  });

  it("distinguish users from services by `kind`", () => {
    const identity = { kind: "user" } as RequestIdentity;
    if (identity.kind === "user")
      expectTypeOf(identity.groups).toEqualTypeOf<string[] | undefined>();
    else expectTypeOf(identity.prefix).toEqualTypeOf<string | undefined>();
  });

  it("contain the names of all features and scopes", () => {
    expectTypeOf<"shares">().toExtend<Feature>();
    expectTypeOf<"admin:users">().toExtend<Scope>();
    expectTypeOf<"sharess">().not.toExtend<Feature>();
    type Shared = NonNullable<Parameters<typeof hub.shares.grant>[1]["scopes"]>[number];
    expectTypeOf<Extract<Shared, Scope>>().toEqualTypeOf<Scope>();
    expectTypeOf<"custom:x">().toExtend<Shared>();
    type Checked = Parameters<typeof hasScope>[1];
    expectTypeOf<"admin:users" | "servers!user=ada">().toExtend<Checked>();
    type Offered = Extract<Checked, Scope>;
    expectTypeOf<Offered>().toEqualTypeOf<Exclude<Scope, "self" | "inherit" | "(no_scope)">>();
    type Scopes = NonNullable<Parameters<typeof hub.tokens.create>[1]>["scopes"];
    expectTypeOf<("admin:users" | "servers!user=ada" | "custom:x")[]>().toExtend<Scopes>();
  });
});

/** Lines that must not compile. None of them runs. */
export const mistakes = [
  // @ts-expect-error unknown states
  () => hub.users.list({ state: "asleep" }),
  // @ts-expect-error no offset: a listing is complete
  () => hub.users.list({ offset: 10 }),
  // @ts-expect-error a listing is not a promise: each await sends its requests again
  (): Promise<User[]> => hub.users.list(),
  // @ts-expect-error the state is always "active"
  () => hub.servers.listActive({ state: "ready" }),
  // @ts-expect-error names are strings
  () => hub.users.get(1),
  // @ts-expect-error a list of names, not one
  () => hub.users.createMany({ usernames: "ada" }),
  // @ts-expect-error a server is named in an object
  () => hub.servers.stop("ada", "gpu"),
  // @ts-expect-error a list of names, not one
  () => hub.servers.stopMany({ user: "ada" }),
  // @ts-expect-error the values are "leave" and "cancel"
  () => hub.servers.start("ada", {}, { onAbort: "stop" }),
  // @ts-expect-error only named servers can be deleted
  () => hub.servers.delete("ada", {}),
  // @ts-expect-error a user or a group, not both
  () => hub.shares.grant("ada", { user: "grace", group: "staff" }),
  // @ts-expect-error neither a user nor a group
  () => hub.shares.grant("ada", { server: "gpu" }),
  // @ts-expect-error neither an id nor a code
  () => hub.shareCodes.revoke("ada", {}),
  // @ts-expect-error this method takes no credentials
  () => hub.tokens.create("ada", { auth: { username: "ada", password: "…" } }),
  // @ts-expect-error a temporary token needs a lifetime
  () => hub.tokens.createTemporary("ada", { expires_in: null }),
  // @ts-expect-error a login needs a password
  () => hub.tokens.login("ada", { note: "x" }),
  // @ts-expect-error a hub's address is a string
  () => new JupyterHub({ url: new URL("https://hub.example.org") }),
  // @ts-expect-error options that would bypass the transport
  () => getUsers({ client: hub.client, baseUrl: "https://elsewhere.example" }),
  // @ts-expect-error options that would bypass the transport
  () => getUsers({ client: hub.client, fetch }),
];

describe("the result types of raw functions", () => {
  it("have data or an error, and the response", async () => {
    const client = createClient({ url: "https://hub.example.org" });
    const ask = () => getUsers({ client });
    type Answer = Awaited<ReturnType<typeof ask>>;
    expectTypeOf<Answer["data"]>().toEqualTypeOf<User[] | UserPage | undefined>();
    expectTypeOf<Answer["error"]>().toExtend<Error | undefined>();
    expectTypeOf<Answer["response"]>().toEqualTypeOf<Response | undefined>();
  });

  it("are narrowed by a check of the error: without an error, they have data and a response", () => {
    const read = async (): Promise<number | undefined> => {
      const { data, error, response } = await getUsers({
        client: createClient({ url: "https://hub.example.org" }),
      });
      if (error) return error.status;
      expectTypeOf(data).toEqualTypeOf<User[] | UserPage>();
      return response.status;
    };
    expectTypeOf(read).returns.resolves.toEqualTypeOf<number | undefined>();
  });
});
