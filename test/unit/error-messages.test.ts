/** Error messages: one line, printable and of limited length, whatever names and hub messages they quote. */
import { describe, expect, it } from "vitest";
import { ConnectionError, JupyterHubError } from "../../src/index.js";
import { printable } from "../../src/core/errors.js";
import { answer, answering, hubOf, origin, page, refusal, rejectionOf } from "./helpers.js";

/**
 * A name with line breaks, the control codes for a terminal's colours and bell, a line separator, marks that change the
 * text direction, and a NUL.
 */
const hostile = "ada\r\nGET /ok\u001b[31m\u0007\u0085\u2028\u202e\u2066x\u0000";
const invisible = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

describe("printable()", () => {
  it.each([
    ["ada", "ada"],
    ["Ada Lovelace, ünïcode 日本 👩‍🔬", "Ada Lovelace, ünïcode 日本 👩‍🔬"],
    ["a\nb", "a\\nb"],
    ["a\tb\r", "a\\tb\\r"],
    ["\u0000\u001b[31m\u007f", "\\u0000\\u001b[31m\\u007f"],
    ["\u0085\u2028\u2029", "\\u0085\\u2028\\u2029"],
    ["\u202eabc\u2066\u200f", "\\u202eabc\\u2066\\u200f"],
    ["\ud800x\udfff", "\\ud800x\\udfff"],
    ["C:\\new", "C:\\new"],
    ["", ""],
  ])("turns %j into %s", (text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printable(shown)).toBe(shown);
  });

  it("cuts out the middle of a long text, and splits no character", () => {
    const shown = printable(`begin ${"👩".repeat(100_000)} end`);
    expect(shown.length).toBeLessThan(4100);
    expect(shown).toMatch(/^begin .* … .* end$/u);
    expect(shown).not.toMatch(invisible);
  });
});

describe("the message of an error", () => {
  it("is of limited length, and printable", () => {
    for (const error of [
      new JupyterHubError(hostile + "x".repeat(1e6)),
      new ConnectionError(hostile + "x".repeat(1e6)),
    ]) {
      expect(error.message).not.toMatch(invisible);
      expect(error.message.length).toBeLessThan(4200);
    }
  });

  const model = { name: hostile, servers: {} };
  const idle = answering(({ url, method }) => {
    if (url.endsWith("/hub/api/")) return answer({ version: "5.5.4" }, { version: "5.5.4" });
    return method === "GET" ? answer(model) : answer("", { status: 201 });
  });
  const silent = answering(() => new Promise(() => {}));
  const echoing = answering(() => refusal(404, `No such user: ${hostile}`));
  const gateway = answering(() => page(502));

  it.each<[string, typeof idle, (hub: ReturnType<typeof hubOf>) => PromiseLike<unknown>]>([
    ["a missing server", idle, (hub) => hub.servers.get(hostile, { server: hostile })],
    ["a connection", idle, (hub) => hub.servers.connect(hostile)],
    ["a start", idle, (hub) => hub.servers.start(hostile, {}, { timeout: 20 })],
    ["a start that times out", silent, (hub) => hub.servers.start(hostile, {}, { timeout: 5 })],
    ["a stop that times out", silent, (hub) => hub.servers.stop(hostile, {}, { timeout: 5 })],
    ["users.ensure that times out", silent, (hub) => hub.users.ensure(hostile, {}, { timeout: 5 })],
    ["a deletion that times out", silent, (hub) => hub.users.delete(hostile, { timeout: 5 })],
    ["an input's keys", idle, (hub) => hub.servers.start("ada", { [hostile]: 1 } as object)],
    ["a hub message that echoes the name", echoing, (hub) => hub.users.get(hostile)],
    ["a URL", gateway, (hub) => hub.users.get(hostile)],
    ["a group", gateway, (hub) => hub.groups.get(hostile)],
    [
      "a rejected login",
      idle,
      async (hub) => {
        const oauth = { clientId: "c", clientSecret: "s", redirectUri: `${origin}/cb` };
        const portal = hub.withOptions({ oauth }).oauth;
        const attempt = await portal.authorizeUrl();
        const refused = { error: "x", error_description: hostile, state: attempt.state };
        return portal.exchangeCode(`?${new URLSearchParams(refused)}`, attempt);
      },
    ],
  ])("contains no control character: %s", async (_, fetch, call) => {
    const error = await rejectionOf(call(hubOf(fetch)));
    expect(error).toBeInstanceOf(JupyterHubError);
    const { message, stack } = error as Error;
    expect(message).toContain("ada");
    expect(message).not.toMatch(invisible);
    expect(stack?.slice(0, message.length + 50)).toContain(message);
  });
});
