/** The request body of `servers.start` for each hub version: before 6.0, it consists of the user options alone. */
import { describe, expect, it } from "vitest";
import type { StartServerInput } from "../../src/index.js";
import { UnsupportedByHubError } from "../../src/index.js";
import { FakeHub, type Answer } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";

useClock();

const post = "POST /users/ada/server";

/** The recorded body of a start that is sent without a body. */
const nothing = undefined;

const bodies: [what: string, input: StartServerInput, on6: unknown, on5: unknown][] = [
  ["no options", {}, nothing, nothing],
  ["options", { user_options: { a: 1 } }, { user_options: { a: 1 } }, { a: 1 }],
  // {} clears the options of the last start, null keeps them.
  ["empty options", { user_options: {} }, { user_options: {} }, {}],
  ["null for options", { user_options: null }, { user_options: null }, nothing],
  [
    "options named like the body keys of hub 6.0",
    { user_options: { display_name: "x", user_options: [1] } },
    { user_options: { display_name: "x", user_options: [1] } },
    { display_name: "x", user_options: [1] },
  ],
  [
    "options of every JSON type",
    { user_options: { list: [1, "2", null], deep: { on: true }, limit: 1.5 } },
    { user_options: { list: [1, "2", null], deep: { on: true }, limit: 1.5 } },
    { list: [1, "2", null], deep: { on: true }, limit: 1.5 },
  ],
];

describe.each(["6.1.1", "6.0.0b2"])("a start on hub %s", (version) => {
  it.each(bodies)(
    "puts the user options under the key user_options of its body: %s",
    async (_, input, on6) => {
      const hub = new FakeHub(version);
      await settled(hub.client().servers.start("ada", input));
      expect(hub.sent.find(({ route }) => route === post)?.body).toEqual(on6);
    },
  );

  it.each<[input: StartServerInput]>([
    [{ display_name: "The big one" }],
    [{ display_name: "The big one", user_options: { a: 1 } }],
  ])("sends the input %j unchanged", async (input) => {
    const hub = new FakeHub(version);
    await settled(hub.client().servers.start("ada", { server: "gpu", ...input }));
    expect(hub.sent.find(({ route }) => route.startsWith("POST "))).toEqual({
      route: "POST /users/ada/servers/gpu",
      body: input,
    });
  });
});

describe.each(["5.5.4", "4.1.6", "1.2.2"])("a start on hub %s", (version) => {
  it.each(bodies)("sends the user options as its whole body: %s", async (_, input, __, on5) => {
    const hub = new FakeHub(version);
    await settled(hub.client().servers.start("ada", input));
    expect(hub.sent.find(({ route }) => route === post)?.body).toEqual(on5);
  });

  it.each<[input: StartServerInput]>([
    [{ display_name: "The big one" }],
    [{ display_name: "The big one", user_options: { a: 1 } }],
  ])("rejects the input %j, and starts nothing", async (input) => {
    const hub = new FakeHub(version);
    const error = await failure(hub.client().servers.start("ada", { server: "gpu", ...input }));
    expect(error).toBeInstanceOf(UnsupportedByHubError);
    expect(error).toMatchObject({
      since: "6.0",
      hubVersion: version,
      message: `\`display_name\` needs JupyterHub 6.0 or newer; this hub is ${version}.`,
    });
    expect(hub.sent).toEqual([{ route: "GET /", body: undefined }]);
  });
});

describe("the hub's version", () => {
  it("is requested only once, before the first start with a body", async () => {
    const hub = new FakeHub();
    const client = hub.client();
    await settled(client.servers.start("ada", { user_options: { a: 1 } }));
    await settled(client.servers.start("ada", { server: "gpu", user_options: { a: 1 } }));
    expect(hub.sent[0]?.route).toBe("GET /");
    expect(hub.count("GET /")).toBe(1);
  });

  it("is not requested for a start without a body", async () => {
    const hub = new FakeHub();
    await settled(hub.client().servers.start("ada"));
    expect(hub.count("GET /")).toBe(0);
  });

  it("is required before a start with a body: the start is not sent if the version cannot be read for a minute", async () => {
    const hub = new FakeHub();
    const down: Answer = { status: 0, lost: true };
    hub.next("GET /", ...Array.from({ length: 100 }, () => down));
    const error = await failure(
      hub.client({ retry: 0 }).servers.start("ada", { user_options: { a: 1 } }),
    );
    expect(error).toMatchObject({ name: "ConnectionError", method: "GET" });
    expect(hub.writes).toEqual([]);
  });
});
