/** `hub.waitUntilReady` waits while a hub starts, and rejects at once for a failure that waiting cannot end. */
import { describe, expect, it, vi } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { answer, page, refusal } from "../unit/helpers.js";
import { failure, pass, settled, useClock, watch } from "./time.js";

useClock();

/** A hub that becomes ready after the given milliseconds, and sends the response `meanwhile` until then. */
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

describe("hub.waitUntilReady", () => {
  it("resolves at once if the hub answers", async () => {
    const { hub, recorded } = starting(0, page);
    await expect(settled(hub.waitUntilReady())).resolves.toBeUndefined();
    expect(recorded()).toBe(1);
  });

  it.each<[what: string, meanwhile: () => Response | Promise<Response>]>([
    ["the proxy has no route", () => page(404)],
    ["the proxy answers 503", () => page(503)],
    ["the gateway answers 502", () => page(502)],
    ["the connection is refused", unreachable("ECONNREFUSED")],
    ["the connection is lost", unreachable("ECONNRESET")],
    ["the hub answers 503", () => refusal(503, "starting")],
  ])("waits while %s", async (_, meanwhile) => {
    const { hub, recorded } = starting(20_000, meanwhile);
    const begun = Date.now();
    await settled(hub.waitUntilReady());
    expect(Date.now() - begun).toBeGreaterThanOrEqual(20_000);
    expect(Date.now() - begun).toBeLessThan(35_000);
    expect(recorded()).toBeLessThan(60);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects after a minute with the last failure as the cause", async () => {
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
    ["an HTML page with status 200", () => page(200), "UnexpectedResponseError"],
    [
      "an API that is not a hub's",
      () => answer({ name: "other" }, { version: null }),
      "UnexpectedResponseError",
    ],
    [
      "a login page",
      () => page(302, { headers: { Location: "/login" } }),
      "UnexpectedResponseError",
    ],
    ["an invalid certificate", unreachable("SELF_SIGNED_CERT_IN_CHAIN"), "ConnectionError"],
    ["an unknown host", unreachable("ENOTFOUND"), "ConnectionError"],
    ["a hub that answers 500", () => refusal(500, "Internal Server Error"), "HubError"],
  ])("rejects at once for %s", async (_, meanwhile, name) => {
    const { hub, recorded } = starting(Infinity, meanwhile);
    expect(await failure(hub.waitUntilReady())).toMatchObject({ name });
    expect(recorded()).toBe(1);
  });

  it("waits at most until the timeout or the abort of the call", async () => {
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
