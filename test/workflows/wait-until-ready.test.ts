/** `hub.ready`: a hub that starts is waited for, and nothing else is. */
import { describe, expect, it, vi } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { answer, page, refusal } from "../unit/helpers.js";
import { failure, pass, settled, useClock, watch } from "./time.js";

useClock();

/** A hub whose place others take for so many milliseconds. */
function starting(milliseconds: number, meanwhile: () => Response | Promise<Response>) {
  const begun = Date.now();
  let recorded = 0;
  const fetch = async (): Promise<Response> => {
    recorded += 1;
    return Date.now() - begun < milliseconds ? meanwhile() : answer({ version: "6.1.1" });
  };
  const hub = new JupyterHub({ url: "http://hub.test.local", fetch });
  return { hub, recorded: () => recorded };
}

const unreachable = (code: string) => () =>
  Promise.reject(
    new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) }),
  );

describe("a hub", () => {
  it("that answers is ready at once", async () => {
    const { hub, recorded } = starting(0, page);
    await expect(settled(hub.waitUntilReady())).resolves.toBeUndefined();
    expect(recorded()).toBe(1);
  });

  it.each<[what: string, meanwhile: () => Response | Promise<Response>]>([
    ["the proxy knows no route", () => page(404)],
    ["the proxy finds nobody", () => page(503)],
    ["the gateway finds nobody", () => page(502)],
    ["nobody listens", unreachable("ECONNREFUSED")],
    ["the connection is cut", unreachable("ECONNRESET")],
    ["the hub itself is not up yet", () => refusal(503, "starting")],
  ])("is waited for while %s", async (_, meanwhile) => {
    const { hub, recorded } = starting(20_000, meanwhile);
    const begun = Date.now();
    await settled(hub.waitUntilReady());
    expect(Date.now() - begun).toBeGreaterThanOrEqual(20_000);
    expect(Date.now() - begun).toBeLessThan(35_000);
    expect(recorded()).toBeLessThan(60);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is waited for a minute, and then it is said what answered last", async () => {
    const { hub } = starting(Infinity, () => page(404));
    const waited = watch(hub.waitUntilReady());
    await pass(59_999);
    expect(waited.settled).toBe(false);
    await pass(1);
    expect(waited.error).toMatchObject({
      name: "TimeoutError",
      timeout: 60_000,
      message: expect.stringMatching(/^The hub did not answer within 60000 ms\. .*answered 404/),
      cause: { name: "UnexpectedResponseError" },
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[what: string, meanwhile: () => Response | Promise<Response>, name: string]>([
    ["some other page", () => page(200), "UnexpectedResponseError"],
    [
      "some other API",
      () => answer({ name: "other" }, { version: null }),
      "UnexpectedResponseError",
    ],
    [
      "a login page",
      () => page(302, { headers: { Location: "/login" } }),
      "UnexpectedResponseError",
    ],
    ["a stranger's certificate", unreachable("SELF_SIGNED_CERT_IN_CHAIN"), "ConnectionError"],
    ["no such host", unreachable("ENOTFOUND"), "ConnectionError"],
    ["a hub that fails", () => refusal(500, "Internal Server Error"), "HubError"],
  ])("is not waited for behind %s", async (_, meanwhile, name) => {
    const { hub, recorded } = starting(Infinity, meanwhile);
    expect(await failure(hub.waitUntilReady())).toMatchObject({ name });
    expect(recorded()).toBe(1);
  });

  it("is waited for as long as the call says, and until it is aborted", async () => {
    const { hub } = starting(Infinity, () => page(503));
    const late = await failure(hub.waitUntilReady({ timeout: 1000 }));
    expect(late).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    const wrong = await failure(hub.waitUntilReady({ timeout: 0 }));
    expect(wrong).toMatchObject({ name: "InvalidInputError" });
    const controller = new AbortController();
    const waited = watch(hub.waitUntilReady({ signal: controller.signal }));
    await pass(3000);
    controller.abort("enough");
    await pass(0);
    expect(waited.error).toBe("enough");
    expect(vi.getTimerCount()).toBe(0);
  });
});
