/** The Spawner of a fake hub: what a test declares about starts and stops, and when the declaration takes effect. */
import { describe, expect, it } from "vitest";
import { FakeHub } from "../../src/testing/index.js";
import { ask, openFake, rejection, serverOf } from "./hubs.js";

describe("a Spawner function", () => {
  it("that throws makes the start request reject with the function's error, and leaves no pending start", async () => {
    const { fake } = openFake();
    fake.spawner(() => {
      throw new Error("unexpected user");
    });
    expect(await rejection(ask(fake, "POST /users/ada/server"))).toMatchObject({
      message: "unexpected user",
    });
    fake.spawner({});
    expect((await ask(fake, "POST /users/ada/server")).status).toBe(201);
  });
});

describe("a Spawner function of a hub with running servers", () => {
  it("is called only when a server starts, not by the hub's constructor, so it may use the hub", async () => {
    const starts: number[] = [];
    const fake: FakeHub = new FakeHub({
      users: [{ name: "ada", servers: [""] }],
      spawner: () => {
        starts.push(fake.requests.length);
        return {};
      },
    });
    expect(starts).toEqual([]);
    await ask(fake, "POST /users/ada/servers/gpu");
    expect(starts).toEqual([1]);
  });
});

describe("a wrong behaviour of the Spawner is refused", () => {
  it.each<[object, string]>([
    [
      { seconds: Number.NaN },
      "`seconds` in the behaviour of a Spawner must be a number, 0 or more",
    ],
    [{ seconds: -1 }, "`seconds`"],
    [{ second: 1 }, "Did you mean `seconds`?"],
    [{ fails: { status: 200, message: "" } }, "`status` in the failure of a Spawner must be"],
    [{ progress: "Pulling" }, "`progress` in the behaviour of a Spawner must be a list"],
  ])("%j", async (behaviour, message) => {
    const { fake } = openFake();
    expect(() => fake.spawner(behaviour)).toThrow(message);
    expect(() => new FakeHub({ spawner: behaviour })).toThrow(message);
    fake.spawner(() => behaviour);
    await expect(ask(fake, "POST /users/ada/server")).rejects.toThrow(message);
  });
});

describe("the duration of a stop", () => {
  /** Stops the server of ada. Resolves with the status of the response. */
  async function stopped(fake: FakeHub): Promise<number> {
    const response = ask(fake, "DELETE /users/ada/server");
    await fake.advance(10_000);
    return (await response).status;
  }

  it("also applies to the servers that the fake hub's options list", async () => {
    const users = [{ name: "ada", servers: [""] }];
    const { fake } = openFake({ users, spawner: { stopSeconds: 20 } });
    expect(await stopped(fake)).toBe(202);
  });

  it("is the one that the Spawner function returns when the server starts", async () => {
    const { fake } = openFake({ spawner: () => ({ stopSeconds: 20 }) });
    await ask(fake, "POST /users/ada/server");
    expect(await stopped(fake)).toBe(202);
  });

  it("applies at once to servers that already run", async () => {
    const { fake } = openFake();
    await ask(fake, "POST /users/ada/server");
    fake.spawner({ stopSeconds: 20 });
    expect(await stopped(fake)).toBe(202);
  });
});

describe("the token of a server", () => {
  it("has no scope that the user lacks, even if the user has only one scope", async () => {
    const roles = { user: ["read:users:name!user"] };
    const { fake } = openFake({ users: ["ada", { name: "grace", servers: [""] }], roles });
    expect((await ask(fake, "POST /users/ada/server")).status).toBe(201);
    expect(await serverOf(fake)).toMatchObject({ ready: true });
    const response = await ask(fake, "GET /users/ada/tokens");
    const { api_tokens: tokens } = (await response.json()) as { api_tokens: unknown[] };
    expect(tokens).toEqual([expect.objectContaining({ scopes: ["read:users:name!user=ada"] })]);
  });
});

describe("two cancellations of one start", () => {
  it("do not stop the next start, even if one of them fails while the next start is pending", async () => {
    const { fake } = openFake({ spawner: { seconds: 60 } });
    const first = ask(fake, "POST /users/ada/server");
    await fake.advance(100);
    const cancelled = ask(fake, "DELETE /users/ada/server");
    await fake.advance(100);
    await Promise.all([first, ask(fake, "DELETE /users/ada/server")]);
    fake.spawner({ seconds: 5 });
    const next = ask(fake, "POST /users/ada/server");
    await fake.advance(6000);
    expect([(await cancelled).status, (await next).status]).toEqual([500, 201]);
    expect(await serverOf(fake)).toMatchObject({ ready: true, pending: null });
  });
});
