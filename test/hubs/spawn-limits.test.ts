/** A real hub with limits refuses some starts, with or without a Retry-After header. */
import { describe, expect, it } from "vitest";
import { RateLimitError } from "jupyterhub-client";
import { failure, useHubFixture } from "./hub-fixture.js";

const fixture = useHubFixture("spawn-limits", {
  extraConfig: [
    "c.JupyterHub.concurrent_spawn_limit = 1",
    "c.JupyterHub.active_server_limit = 2",
    "c.JupyterHub.named_server_limit_per_user = 1",
    'c.JupyterHub.tornado_settings["spawn_throttle_retry_range"] = (2, 3)',
  ].join("\n"),
});

describe("a hub with limits", () => {
  it("answers 429 with Retry-After to a start while another one is pending", async () => {
    const { servers, users } = fixture.hub;
    await users.createMany({ usernames: ["ada", "grace", "linus"] });
    const user_options = { behave: "slow", seconds: 8 };
    const first = servers.start("ada", { user_options });
    await expect.poll(async () => (await servers.list("ada")).length, { timeout: 10_000 }).toBe(1);
    const put = await fixture.plain("/users/grace/server", { method: "POST" });
    expect([put.status, put.headers.get("Retry-After")]).toEqual([429, "2"]);
    const named = await fixture.plain("/users/grace/servers/one", { method: "POST" });
    expect(named.status).toBe(429);
    fixture.sent();
    expect((await servers.start("grace")).ready).toBe(true);
    expect((await first).ready).toBe(true);
    const sent = fixture.sent().filter((one) => one.startsWith("POST"));
    expect(sent.filter((one) => one.endsWith(" 429")).length).toBeGreaterThan(0);
    expect(sent.filter((one) => one.endsWith(" 201"))).toHaveLength(1);
  });

  it("rejects a start that would exceed the limit of active servers, without Retry-After", async () => {
    const { servers } = fixture.hub;
    const error = await failure(servers.start("linus"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as RateLimitError).retryAfter).toBeUndefined();
    await servers.stop("grace");
  });

  it("rejects a named server that would exceed the limit per user, and gives the reason", async () => {
    const { servers } = fixture.hub;
    await servers.start("grace", { server: "one" });
    await servers.stop("grace", { server: "one" });
    const error = await failure(servers.start("grace", { server: "two" }));
    expect(error).toMatchObject({ status: 400, reason: "server-limit" });
  });
});
