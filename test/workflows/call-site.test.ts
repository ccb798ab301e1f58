/** The stack of an error contains the line of the program that called the client, even long after the call. */
import { describe, expect, it } from "vitest";
import type { JupyterHub } from "../../src/index.js";
import { answering, hubOf, refusal, rejectionOf } from "../unit/helpers.js";

/** A hub that rejects every request, after a turn of the event loop. */
const refusing = () =>
  hubOf(
    answering(async () => {
      await new Promise(setImmediate);
      return refusal(404, "No such user");
    }),
  );

/** Collects the items of an iterable that another function has requested. */
async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("the stack of an error", () => {
  it.each<[what: string, call: (hub: JupyterHub) => AsyncIterable<{ error?: unknown }>]>([
    ["many starts", (hub) => hub.servers.startMany(["ada", "grace"])],
    ["many stops", (hub) => hub.servers.stopMany(["ada", "grace"])],
  ])("names the line of the call in each result of %s", async (_, call) => {
    const theProgramOfTheUser = () => call(refusing());
    const results = await all(theProgramOfTheUser());
    expect(results).toHaveLength(2);
    for (const { error } of results) {
      expect((error as Error).stack).toMatch(/^NotFoundError: /);
      expect((error as Error).stack).toContain("theProgramOfTheUser");
    }
  });

  it("names the line of the call if the error ends the progress of a start", async () => {
    const theProgramOfTheUser = () => refusing().servers.progress("ada");
    const error = (await rejectionOf(all(theProgramOfTheUser()))) as Error;
    expect(error.stack).toMatch(/^NotFoundError: /);
    expect(error.stack).toContain("theProgramOfTheUser");
  });

  it("names the line of the call if a listing times out", async () => {
    const hub = hubOf(answering(() => new Promise(() => {})));
    const theProgramOfTheUser = () => hub.users.list({}, { timeout: 1 });
    const error = (await rejectionOf(theProgramOfTheUser())) as Error;
    expect(error.stack).toMatch(/^TimeoutError: The listing was not complete/);
    expect(error.stack).toContain("theProgramOfTheUser");
  });
});

describe("the stack of a rejection", () => {
  const never = () => hubOf(answering(() => new Promise(() => {})));
  const aborted = { signal: AbortSignal.abort(new Error("enough")) };
  it.each<[string, (hub: JupyterHub) => PromiseLike<unknown>]>([
    ["a method", (hub) => hub.users.get("ada")],
    ["a write", (hub) => hub.users.update("ada", { admin: true })],
    ["a workflow", (hub) => hub.users.ensure("ada")],
    ["a listing", (hub) => hub.users.list()],
    ["a page of a listing", (hub) => hub.users.list().page()],
    ["the items of a listing", (hub) => all(hub.users.list())],
    ["the active servers", (hub) => hub.servers.listActive()],
    ["a server", (hub) => hub.servers.get("ada")],
    ["a start", (hub) => hub.servers.start("ada")],
    ["a restart", (hub) => hub.servers.restart("ada")],
    ["a stop", (hub) => hub.servers.stop("ada")],
    ["a deletion", (hub) => hub.servers.delete("ada", { server: "gpu" })],
    ["a connection", (hub) => hub.servers.connect("ada")],
    ["a request to a server", (hub) => hub.servers.fetch("ada", "/api")],
    ["a temporary token", (hub) => hub.tokens.createTemporary("ada")],
    ["a timeout of 0", (hub) => hub.users.get("ada", {}, { timeout: 0 })],
    ["a timeout of 0 of a listing", (hub) => hub.users.list({}, { timeout: 0 })],
    ["a timeout of 0 of a workflow", (hub) => hub.servers.stop("ada", {}, { timeout: 0 })],
    ["an unknown key", (hub) => hub.users.list({ stat: "active" } as never)],
    ["an unknown key of a start", (hub) => hub.servers.start("ada", { sever: "x" } as never)],
    ["a bad name", (hub) => hub.users.get("..")],
  ])("names the line of the rejected call: %s", async (_, call) => {
    const error = (await rejectionOf(call(refusing()))) as Error;
    expect(error.stack).toContain("call-site.test.ts");
  });

  it.each<[string, (hub: JupyterHub) => PromiseLike<unknown>]>([
    ["a method", (hub) => hub.users.get("ada", {}, { timeout: 1 })],
    ["a stop", (hub) => hub.servers.stop("ada", {}, { timeout: 1 })],
    ["a start", (hub) => hub.servers.start("ada", {}, { timeout: 1 })],
    ["a request to a server", (hub) => hub.servers.fetch("ada", "/api", {}, { timeout: 1 })],
    ["a wait until the hub is ready", (hub) => hub.waitUntilReady({ timeout: 1 })],
  ])("names the line of the call if %s times out", async (_, call) => {
    const error = (await rejectionOf(call(never()))) as Error;
    expect(error.name).toBe("TimeoutError");
    expect(error.stack).toContain("call-site.test.ts");
  });

  it.each<[string, (hub: JupyterHub) => PromiseLike<unknown>]>([
    ["a method", (hub) => hub.users.get("ada", {}, aborted)],
    ["a listing", (hub) => hub.users.list({}, aborted)],
    ["a start", (hub) => hub.servers.start("ada", {}, aborted)],
  ])("is the stack of the signal's reason if %s is aborted", async (_, call) => {
    expect(await rejectionOf(call(never()))).toBe(aborted.signal.reason);
  });
});
