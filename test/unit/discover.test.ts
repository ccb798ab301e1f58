/** From a link to the hub behind it. */
import { describe, expect, it, vi } from "vitest";
import { discover } from "../../src/core/discover.js";
import {
  ConnectionError,
  HubError,
  InvalidInputError,
  JupyterHub,
  NotAHubError,
  NotFoundError,
  TimeoutError,
} from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  page,
  refusal,
  rejectionOf,
  secrets,
  type Respond,
} from "./helpers.js";

const link = "https://h.example/prefix/user/ada/lab";

describe("the search for a hub", () => {
  it("ends at the first address that answers", async () => {
    const asked: string[] = [];
    const found = await discover(link, async (url) => {
      asked.push(url);
      if (asked.length < 2) throw new NotAHubError("x");
    });
    expect(asked).toEqual(["https://h.example/prefix/hub/api", "https://h.example/hub/api"]);
    expect(found).toBe("https://h.example/hub/api");
  });

  it.each([new NotAHubError("x"), new NotFoundError("x"), new HubError("x")])(
    "goes on after an answer that is none: %s",
    async (error) => {
      const ask = vi.fn().mockRejectedValueOnce(error).mockResolvedValue("6.1.1");
      expect(await discover(link, ask)).toBe("https://h.example/hub/api");
    },
  );

  it.each([
    new ConnectionError("x"),
    new TimeoutError("x", { timeout: 1 }),
    new InvalidInputError("x"),
    new Error("of the program"),
    "an abort's reason",
  ])("ends at what no other address would mend: %s", async (error) => {
    const ask = vi.fn().mockRejectedValue(error);
    expect(await rejectionOf(discover(link, ask))).toBe(error);
    expect(ask).toHaveBeenCalledOnce();
  });

  it("fails with all addresses that it asked, and the last reason", async () => {
    const last = new NotAHubError("the last");
    const ask = vi.fn().mockRejectedValue(last);
    const error = await rejectionOf(discover("https://h.example/a/b", ask));
    expect(error).toBeInstanceOf(NotAHubError);
    expect((error as Error).message).toBe(
      "No hub behind that link: nothing answers as one at https://h.example/a/b/hub/api, " +
        "https://h.example/hub/api, https://h.example/a/hub/api.",
    );
    expect((error as Error).cause).toBe(last);
  });
});

describe("JupyterHub.from", () => {
  /** A host with a hub below a prefix and pages everywhere else. */
  const hubBelow =
    (prefix: string): Respond =>
    ({ url }) => {
      const { pathname } = new URL(url);
      if (!pathname.startsWith(`${prefix}/hub/api/`)) return page(404);
      return pathname.endsWith("/api/") ? answer({ version: "6.1.1" }) : answer({ name: "ada" });
    };

  it.each([
    ["https://h.example/prefix/user/ada/lab/tree?redirects=1#x", "/prefix", 1],
    ["https://h.example/prefix/hub/spawn/ada", "/prefix", 1],
    ["https://h.example/prefix/hub/api", "/prefix", 1],
    ["https://h.example/prefix/services/x/", "/prefix", 1],
    ["https://h.example/prefix", "/prefix", 1],
    ["https://h.example", "", 1],
    ["https://h.example/welcome", "", 2],
    ["https://h.example/user/docs/page", "/user/docs", 3],
  ])("finds the hub of %s in %s", async (from, prefix, questions) => {
    const fetch = answering(hubBelow(prefix));
    const hub = await JupyterHub.from(from, { token: secrets.token, fetch });
    expect(hub.url).toBe(`https://h.example${prefix}/hub/api`);
    expect(fetch.requests).toHaveLength(questions);
  });

  it("asks without the token, and has it afterwards", async () => {
    const fetch = answering(hubBelow(""));
    const token = vi.fn(() => secrets.token);
    const hub = await JupyterHub.from("https://h.example/welcome", { token, fetch });
    expect(token).not.toHaveBeenCalled();
    expect(fetch.requests.some(({ headers }) => headers.has("Authorization"))).toBe(false);
    await hub.users.get("ada");
    expect(fetch.requests.at(-1)?.headers.get("Authorization")).toBe(`Bearer ${secrets.token}`);
  });

  it("keeps the options", async () => {
    const fetch = answering(hubBelow(""));
    const options = { fetch, headers: { "X-Gateway": "1" }, publicUrl: "https://people.example" };
    const hub = await JupyterHub.from("https://h.example", options);
    expect(hub.publicUrl).toBe("https://people.example/hub/");
    expect(fetch.requests[0]?.headers.get("X-Gateway")).toBe("1");
  });

  it("is not led elsewhere by a redirect", async () => {
    const fetch = answering(({ url }) =>
      url === "https://h.example/hub/api/"
        ? answer({ version: "6.1.1" })
        : new Response(null, { status: 302, headers: { Location: "https://evil.example/" } }),
    );
    const hub = await JupyterHub.from("https://h.example/a", { fetch });
    expect(hub.url).toBe("https://h.example/hub/api");
    expect(fetch.requests.map(({ url }) => new URL(url).host)).toEqual(["h.example", "h.example"]);
  });

  it("takes the word of no other API", async () => {
    const fetch = answering(() => answer({ version: 2 }, { version: null }));
    const error = await rejectionOf(JupyterHub.from("https://h.example/a", { fetch }));
    expect(error).toBeInstanceOf(NotAHubError);
    expect(fetch.requests).toHaveLength(2);
  });

  it.each<[string, Respond, string]>([
    ["nobody answers", () => Promise.reject(new TypeError("fetch failed")), "ConnectionError"],
    ["no place is one", () => page(), "NotAHubError"],
    ["each place refuses", () => refusal(404, null), "NotAHubError"],
  ])("fails when %s", async (_, respond, name) => {
    const token = secrets.token;
    const options = { token, fetch: answering(respond), retry: 0 };
    const error = await rejectionOf(JupyterHub.from(link, options));
    expect(error).toMatchObject({ name });
    expectNoSecret(error);
  });

  it("fails at once when a link or an option does not fit", async () => {
    const fetch = answering(hubBelow(""));
    const calls = [
      () => JupyterHub.from("h.example/user/ada", { fetch }),
      () => JupyterHub.from("https://h.example", { fetch, timeout: -1 }),
      () => JupyterHub.from("https://h.example", { fetch, publicUrl: "nowhere" }),
    ];
    for (const call of calls) {
      expect(await rejectionOf(call())).toBeInstanceOf(InvalidInputError);
    }
    expect(fetch.requests).toEqual([]);
  });

  it("can be aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const fetch = answering(() => {
      controller.abort(reason);
      return page(404);
    });
    const { signal } = controller;
    expect(await rejectionOf(JupyterHub.from(link, { fetch }, { signal }))).toBe(reason);
    expect(fetch.requests).toHaveLength(1);
  });
});
