/**
 * Bugs of hubs that this package protects its users from. Each test shows a bug with a plain request, and the package's
 * protection from it. This file has a hub of its own, whose responses are not validated, because they show the bugs.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getUsers, postUserTokens } from "jupyterhub-client/api";
import { InvalidInputError, JupyterHub } from "jupyterhub-client";
import { startHub, type RunningHub } from "./hub.js";
import { failure, itSince, release, since } from "./hub-fixture.js";

let real: RunningHub;
let hub: JupyterHub;
beforeAll(async () => {
  real = await startHub(release);
  hub = new JupyterHub({ url: real.url, token: real.tokens.admin });
  await hub.users.createMany({ usernames: ["ada", "grace", "linus", "hedy"] });
});
afterAll(() => real?.stop());

const plain = (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(real.url + path, {
    method,
    headers: { Authorization: `token ${real.tokens.admin}` },
    body: body === undefined ? null : JSON.stringify(body),
  });

describe("a hub with a bug", () => {
  // Releases 5.5.3 and 6.1.0 introduced this bug.
  itSince("5.5.3")(
    "destroys a user renamed to the same name, which `update` prevents",
    async () => {
      await hub.users.update("ada", { name: "ada" });
      expect((await hub.users.get("ada")).name).toBe("ada");
      const answer = await plain("PATCH", "/users/grace", { name: "grace" });
      expect(((await answer.json()) as { name: unknown }).name).toBeNull();
      expect((await plain("GET", "/users/grace")).status).toBe(404);
      expect((await hub.users.list()).filter(({ name }) => name === null)).toHaveLength(1);
    },
  );

  it("treats a token lifetime of 0 differently in each release, so `create` rejects it", async () => {
    const { status } = await plain("POST", "/users/ada/tokens", { expires_in: 0 });
    const expectedStatus = since("5.5.3") ? 400 : since("4.0") ? 201 : 500;
    expect(status).toBe(expectedStatus);
    const error = await failure(hub.tokens.create("ada", { expires_in: 0 }));
    expect(error).toBeInstanceOf(InvalidInputError);
  });

  itSince("5.0")(
    "revokes all share codes if a request names none, so `revoke` rejects such input",
    async () => {
      await hub.servers.start("ada");
      await hub.shareCodes.create("ada");
      const careless = hub.shareCodes.revoke("ada", {} as never);
      expect(await failure(careless)).toBeInstanceOf(InvalidInputError);
      expect(await hub.shareCodes.list("ada")).toHaveLength(1);
      expect((await plain("DELETE", "/share-codes/ada/")).status).toBe(204);
      expect(await hub.shareCodes.list("ada")).toEqual([]);
    },
  );

  itSince("5.0")(
    "ignores the revocation of a scope without its filter, so `revoke` adds the filter",
    async () => {
      const scopes = ["access:servers", "read:servers"];
      await hub.shares.grant("ada", { user: "linus", scopes });
      await plain("PATCH", "/shares/ada/", { user: "linus", scopes: ["read:servers"] });
      expect((await hub.shares.getForUser("linus", "ada")).scopes).toHaveLength(2);
      const rest = await hub.shares.revoke("ada", { user: "linus", scopes: ["read:servers"] });
      expect(rest?.scopes).toHaveLength(1);
    },
  );

  itSince("5.0")(
    "revokes all scopes if the list of scopes is empty, so `revoke` rejects an empty list",
    async () => {
      for (const scopes of [[], null]) {
        await hub.shares.grant("ada", { user: "hedy" });
        const refused = hub.shares.revoke("ada", { user: "hedy", scopes: scopes as string[] });
        expect(await failure(refused)).toBeInstanceOf(InvalidInputError);
        expect((await hub.shares.getForUser("hedy", "ada")).scopes).toHaveLength(1);
        await plain("PATCH", "/shares/ada/", { user: "hedy", scopes });
        expect((await plain("GET", "/users/hedy/shared/ada/")).status).toBe(404);
      }
    },
  );

  it("creates a user for each letter if it gets a string in place of a list, so `createMany` rejects strings", async () => {
    const refused = hub.users.createMany({ usernames: "zq" as never });
    expect(await failure(refused)).toBeInstanceOf(InvalidInputError);
    await plain("POST", "/users", { usernames: "zq" });
    expect((await hub.users.list()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["z", "q"]),
    );
  });

  itSince("5.0")(
    "answers 500 to huge numbers and to numbers as names, so the package sends neither",
    async () => {
      const path = { name: "ada" };
      const { client } = hub;
      const rows: [method: string, path: string, body: unknown, call: () => Promise<unknown>][] = [
        [
          "GET",
          `/users?offset=${10n ** 21n}`,
          undefined,
          () => getUsers({ client, query: { offset: 1e21 }, throwOnError: true }),
        ],
        [
          "POST",
          "/users/ada/tokens",
          { expires_in: 1e15 },
          () => postUserTokens({ client, path, body: { expires_in: 1e15 }, throwOnError: true }),
        ],
        [
          "POST",
          "/users",
          { usernames: [5] },
          () => hub.users.createMany({ usernames: [5 as never] }),
        ],
      ];
      for (const [method, path, body, call] of rows) {
        expect([path, (await plain(method, path, body)).status]).toEqual([path, 500]);
        expect(await failure(call())).toBeInstanceOf(InvalidInputError);
      }
      const { expires_at } = await hub.tokens.create("ada", { expires_in: 250_000_000_000 });
      expect(expires_at).toMatch(/^9\d{3}-/);
    },
  );

  it("returns NaN, which is invalid JSON, so the client rejects with an error that names NaN", async () => {
    await fetch(`${real.url}/users/linus/server`, {
      method: "POST",
      headers: { Authorization: `token ${real.tokens.admin}` },
      body: '{"share": NaN}',
    });
    const error = await failure(hub.users.get("linus"));
    expect((error as Error).message).toMatch(/holds NaN or Infinity, which JSON does not have/);
  });

  it("mishandles user options of the wrong type, so `start` rejects them", async () => {
    for (const user_options of [["large"], "large", 1]) {
      const error = await failure(
        hub.servers.start("hedy", { user_options: user_options as never }),
      );
      expect(error).toBeInstanceOf(InvalidInputError);
    }
    expect(await hub.servers.list("hedy")).toEqual([]);
    // This request comes last: it leaves hubs before 6.0 with a server that cannot be stopped.
    const { status } = await plain("POST", "/users/hedy/server", ["large"]);
    expect(status).toBe(since("6.0") ? 400 : 500);
  });
});
