/** Token functions: when they are called, and how a token that the hub rejects is renewed. */
import { describe, expect, it, vi } from "vitest";
import { getUser, postGroup, postUserServer } from "../../src/api.js";
import { AuthenticationError, type JupyterHub, type TokenSource } from "../../src/index.js";
import { failure, pass, settled, watch } from "../workflows/time.js";
import { busy, hubThat, never, path, useLongestPauses } from "./attempts.js";
import { answer, answering, expectNoSecret, hubOf, page, refusal, signalled } from "./helpers.js";

useLongestPauses();

const tokenOf = ({ headers }: Request): string | null => headers.get("Authorization");

/** A hub that accepts these tokens and rejects others. */
const knowing = (...known: string[]) =>
  answering((request) =>
    known.some((token) => tokenOf(request) === `Bearer ${token}`)
      ? answer({ name: "ada" })
      : refusal(403, "Missing or invalid credentials."),
  );

/** A token function that returns these tokens in turn, and records its arguments. */
function tokens(...each: (string | undefined)[]) {
  return vi.fn<Exclude<TokenSource, string>>(() =>
    Promise.resolve(each.length > 1 ? each.shift() : each[0]),
  );
}

describe("a token function", () => {
  it("is called before each attempt", async () => {
    const { hub, fetch } = hubThat([() => page(503), () => busy("1"), () => answer()], {
      token: tokens("one", "two", "three"),
    });
    await settled(hub.users.get("ada"));
    expect(fetch.requests.map(tokenOf)).toEqual(["Bearer one", "Bearer two", "Bearer three"]);
  });

  it("may abort the call that needs the token and then throw, without an unhandled rejection", async () => {
    const controller = new AbortController();
    const token = () => {
      controller.abort("enough");
      throw new Error("There is no token");
    };
    const { hub, fetch } = hubThat([() => answer()], { token });
    const { signal } = controller;
    expect(await failure(hub.users.get("ada", {}, { signal }))).toBe("enough");
    expect(fetch.requests).toEqual([]);
  });

  it("must resolve within the timeout of the attempt that needs the token", async () => {
    const { hub, fetch } = hubThat([() => answer()], { token: never, timeout: 2000 });
    const state = watch(hub.users.get("ada"));
    await pass(1999);
    expect(state.settled).toBe(false);
    await pass(1);
    expect(state.error).toMatchObject({ name: "TimeoutError", timeout: 2000 });
    expect(fetch.requests).toEqual([]);
  });
});

describe("a token function of a client with queued calls", () => {
  /** A hub that answers a call only when the test calls `answerNext`. */
  function slowHub() {
    const pending: (() => void)[] = [];
    const fetch = answering(
      () => new Promise((resolve) => pending.push(() => resolve(answer({ name: "ada" })))),
    );
    return { fetch, answerNext: () => pending.shift()?.() };
  }
  const turns = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("is called when a call leaves the queue, not before", async () => {
    const { fetch, answerNext } = slowHub();
    const token = tokens("one", "two", "three");
    const hub = hubOf(fetch, { token, maxConcurrency: 1 });
    const calls = [1, 2, 3].map(() => hub.users.get("ada"));
    for (const count of [1, 2, 3]) {
      await turns();
      expect(token).toHaveBeenCalledTimes(count);
      expect(fetch.requests).toHaveLength(count);
      answerNext();
    }
    await Promise.all(calls);
    expect(fetch.requests.map(tokenOf)).toEqual(["Bearer one", "Bearer two", "Bearer three"]);
  });

  it("is not called for a call that is aborted in the queue", async () => {
    const { fetch, answerNext } = slowHub();
    const token = tokens("one");
    const hub = hubOf(fetch, { token, maxConcurrency: 1 });
    const first = hub.users.get("ada");
    const controller = new AbortController();
    const second = failure(hub.users.get("grace", {}, { signal: controller.signal }));
    await turns();
    controller.abort();
    expect(await second).toBe(controller.signal.reason);
    answerNext();
    await first;
    await turns();
    expect(token).toHaveBeenCalledTimes(1);
  });

  it.each([1, 3])(
    "may itself make calls with the same client, with maxConcurrency %d",
    async (most) => {
      const fetch = answering(({ url }) =>
        url.endsWith("/api/") ? answer({ version: "6.1.1" }) : answer({ name: "ada" }),
      );
      const hub: JupyterHub = hubOf(fetch, {
        maxConcurrency: most,
        token: async () => `token-for-${await hub.version()}`,
      });
      await Promise.all(Array.from({ length: 9 }, () => hub.users.get("ada")));
      const sent = fetch.requests.map(tokenOf).filter((one) => one !== null);
      expect(sent).toEqual(Array(9).fill("Bearer token-for-6.1.1"));
    },
  );
});

describe("a rejected token", () => {
  it("is renewed once, and the call is repeated immediately", async () => {
    const fetch = knowing("new");
    const token = tokens("old", "new");
    expect(await hubOf(fetch, { token }).users.get("ada")).toEqual({ name: "ada" });
    expect(token.mock.calls).toEqual([[], ["old"]]);
    expect(fetch.requests.map(tokenOf)).toEqual(["Bearer old", "Bearer new"]);
  });

  it("is renewed for a write as well, since the hub did nothing", async () => {
    const fetch = knowing("new");
    const { client } = hubOf(fetch, { token: tokens("old", "new") });
    const body = { users: ["ada"] };
    await postGroup({ client, path: { name: "lab" }, body, throwOnError: true });
    const sent = await Promise.all(fetch.requests.map((request) => request.json()));
    expect(sent).toEqual([body, body]);
  });

  it("is renewed if a gateway answers a write with 401", async () => {
    const fetch = answering((request) =>
      tokenOf(request) === "Bearer new" ? answer({}) : refusal(401, null),
    );
    const { client } = hubOf(fetch, { token: tokens("old", "new") });
    await postGroup({ client, path: { name: "lab" }, throwOnError: true });
    expect(fetch.sent()).toEqual(["POST /groups/lab", "POST /groups/lab"]);
  });

  it("is not renewed if a server start gets a 401, which may come from a Spawner that failed", async () => {
    const fetch = answering(() => refusal(401, "The cloud refuses the project's account"));
    const token = tokens("old", "new");
    const { client } = hubOf(fetch, { token });
    const { error } = await postUserServer({ client, path });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(token).toHaveBeenCalledOnce();
    expect(fetch.sent()).toEqual(["POST /users/ada/server"]);
  });

  it("is not renewed a second time", async () => {
    const fetch = knowing();
    const token = tokens("one", "two", "three");
    const error = await failure(hubOf(fetch, { token, retry: 3 }).users.get("ada"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(fetch.requests.map(tokenOf)).toEqual(["Bearer one", "Bearer two"]);
    expect(token.mock.calls).toEqual([[], ["one"]]);
  });

  it.each([["same"], [undefined]])(
    "makes the call reject if the token function then returns %j",
    async (renewed) => {
      const fetch = knowing();
      const token = tokens("same", renewed);
      const error = await failure(hubOf(fetch, { token }).users.get("ada"));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect((error as Error).message).toContain("The token is wrong, expired or revoked.");
      expect(fetch.requests).toHaveLength(1);
    },
  );

  it.each<[string, (refused?: string) => string | Promise<string>, string, RegExp]>([
    [
      "throws",
      (refused) => {
        if (refused) throw new Error("sealed");
        return "old";
      },
      "AuthenticationError",
      /the token function failed\.$/,
    ],
    [
      "rejects",
      (refused) => (refused ? Promise.reject(new Error("sealed")) : "old"),
      "AuthenticationError",
      /the token function failed\.$/,
    ],
    [
      "returns an invalid token",
      (refused) => (refused ? "" : "old"),
      "InvalidInputError",
      /not be empty/,
    ],
  ])("makes the call reject if the token function then %s", async (_, token, name, words) => {
    const fetch = knowing();
    const error = (await failure(hubOf(fetch, { token }).users.get("ada"))) as Error;
    expect(error).toMatchObject({ name });
    expect(error.message).toMatch(words);
    expect(fetch.requests).toHaveLength(1);
    expectNoSecret(error);
  });

  it("makes the call reject after its timeout if the token function then never resolves", async () => {
    const token = (refused?: string) => (refused ? never() : "old");
    const { hub, at } = hubThat([() => refusal(401, null)], { token, timeout: 3000 });
    const error = await failure(hub.users.get("ada"));
    expect(error).toMatchObject({ name: "TimeoutError", timeout: 3000 });
    expect((error as Error).cause).toMatchObject({ name: "AuthenticationError", status: 401 });
    expect(at).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is renewed in an extra attempt, which does not count as a retry", async () => {
    const token = tokens("old", "new");
    const { hub, at } = hubThat(
      [() => refusal(401, null), () => page(503), () => page(503), () => answer({ name: "ada" })],
      { token, retry: 2 },
    );
    expect(await settled(hub.users.get("ada"))).toEqual({ name: "ada" });
    expect(at).toEqual([0, 0, 250, 750]);
    // Before the later attempts, the function is called without a rejected token, as before any attempt.
    expect(token.mock.calls).toEqual([[], ["old"], [], []]);
  });

  it("is not renewed if it only lacks scopes", async () => {
    const fetch = answering(() => refusal(403, "Action is not authorized with current scopes"));
    const token = tokens("one", "two");
    const error = await failure(hubOf(fetch, { token }).users.get("ada"));
    expect(error).toMatchObject({ name: "ForbiddenError" });
    expect(token.mock.calls).toEqual([[]]);
  });

  it("is not renewed if the client has a string as its token", async () => {
    const fetch = knowing("another");
    expect(await failure(hubOf(fetch).users.get("ada"))).toBeInstanceOf(AuthenticationError);
    expect(fetch.requests).toHaveLength(1);
  });

  it("is not renewed if it comes from the headers of the call or the client", async () => {
    const token = tokens("new");
    const headers = { Authorization: "Bearer own" };
    const fetch = knowing("new");
    const { client } = hubOf(fetch, { token });
    expect((await getUser({ client, path, headers })).error).toBeInstanceOf(AuthenticationError);
    expect(
      await failure(hubOf(fetch, { token: undefined, headers }).users.get("ada")),
    ).toBeInstanceOf(AuthenticationError);
    expect(token).not.toHaveBeenCalled();
    expect(fetch.requests.map(tokenOf)).toEqual(["Bearer own", "Bearer own"]);
  });

  it("is not renewed if the rejected call had no token", async () => {
    const token = tokens(undefined, "new");
    const error = await failure(hubOf(knowing("new"), { token }).users.get("ada"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(token).toHaveBeenCalledTimes(1);
  });
});

describe("calls whose token is rejected", () => {
  it("share one renewal of the token if they are rejected at the same time", async () => {
    const fetch = knowing("new");
    const renewal = signalled<string>();
    const token = vi.fn((refused?: string) => (refused ? renewal.when : "old"));
    const hub = hubOf(fetch, { token });
    const calls = Promise.all(["ada", "grace", "alan"].map((name) => hub.users.get(name)));
    while (fetch.requests.length < 3) await pass(0);
    await pass(0);
    renewal.tell("new");
    await calls;
    expect(token.mock.calls.filter(([refused]) => refused !== undefined)).toEqual([["old"]]);
    expect(fetch.requests.map(tokenOf)).toEqual([
      ...Array<string>(3).fill("Bearer old"),
      ...Array<string>(3).fill("Bearer new"),
    ]);
  });

  it("share the renewed token with a call that is rejected later", async () => {
    const late = signalled();
    const fetch = answering(async (request) => {
      if (tokenOf(request) === "Bearer new") return answer({ name: "ada" });
      if (request.url.endsWith("grace")) await late.when;
      return refusal(401, null);
    });
    let kept = "old";
    const token = vi.fn((refused?: string) => {
      if (refused) kept = "new";
      return kept;
    });
    const hub = hubOf(fetch, { token });
    const slow = hub.users.get("grace");
    await hub.users.get("ada");
    late.tell();
    await slow;
    expect(token.mock.calls).toEqual([[], [], ["old"]]);
    expect(fetch.requests.map(tokenOf).slice(-1)).toEqual(["Bearer new"]);
  });

  it("renew the token a second time if the function still returns the rejected token", async () => {
    const known = ["one"];
    const fetch = answering((request) =>
      tokenOf(request) === `Bearer ${known[0]}` ? answer({}) : refusal(401, null),
    );
    const token = vi.fn((refused?: string) => (refused ? known[0] : "old"));
    const hub = hubOf(fetch, { token });
    await hub.users.get("ada");
    known[0] = "two";
    await hub.users.get("ada");
    expect(token.mock.calls).toEqual([[], ["old"], [], ["old"]]);
  });

  it("share the error of a renewal that fails", async () => {
    const renewal = signalled();
    const token = vi.fn(async (refused?: string) => {
      if (refused === undefined) return "old";
      await renewal.when;
      throw new Error("sealed");
    });
    const hub = hubOf(knowing(), { token });
    const calls = [failure(hub.users.get("ada")), failure(hub.users.get("grace"))];
    await pass(0);
    renewal.tell();
    for (const error of await Promise.all(calls)) {
      expect(error).toBeInstanceOf(AuthenticationError);
      expect((error as Error).cause).toMatchObject({ message: "sealed" });
    }
    expect(token).toHaveBeenCalledTimes(3);
  });

  it("renew their tokens separately if they use different tokens", async () => {
    let count = 0;
    const token = vi.fn((refused?: string) =>
      refused ? refused.replace("old", "new") : `old-${++count}`,
    );
    const fetch = knowing("new-1", "new-2");
    const hub = hubOf(fetch, { token });
    await Promise.all([hub.users.get("ada"), hub.users.get("grace")]);
    expect(token.mock.calls).toEqual([[], [], ["old-1"], ["old-2"]]);
  });

  it("continue to wait for the renewal when another of these calls is aborted", async () => {
    const renewal = signalled<string>();
    const token = (refused?: string) => (refused ? renewal.when : "old");
    const hub = hubOf(knowing("new"), { token });
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = watch(hub.users.get("ada", {}, { signal }));
    const other = hub.users.get("grace");
    await pass(0);
    controller.abort("enough");
    await pass(0);
    expect(aborted).toEqual({ settled: true, error: "enough" });
    renewal.tell("new");
    expect(await other).toEqual({ name: "ada" });
  });

  it("renew the token a second time if the renewed token is rejected later", async () => {
    const known = ["one"];
    const fetch = answering((request) =>
      tokenOf(request) === `Bearer ${known[0]}` ? answer({}) : refusal(401, null),
    );
    let kept = "zero";
    const token = vi.fn((refused?: string) => {
      if (refused === kept) kept = known[0]!;
      return kept;
    });
    const hub = hubOf(fetch, { token });
    await hub.users.get("ada");
    known[0] = "two";
    await hub.users.get("ada");
    expect(token.mock.calls).toEqual([[], ["zero"], [], ["one"]]);
  });
});
