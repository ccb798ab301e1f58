/** `outcome`: whether the hub may have carried out a write that failed. */
import { describe, expect, it } from "vitest";
import { deleteUser, getUser } from "../../src/api.js";
import { JupyterHubError, type JupyterHubOptions } from "../../src/index.js";
import { settled, watch } from "../workflows/time.js";
import { ada, broken, busy, hubThat, never, path, useLongestPauses, writes } from "./attempts.js";
import { answer, expectNoSecret, page, refusal, secrets, type Respond } from "./helpers.js";

useLongestPauses();

/** Returns a token function that calls `renew` for a new token when the hub refuses the first one. */
function renewing(renew: (refused: string) => unknown) {
  return (refused?: string) => (refused ? renew(refused) : secrets.token) as string;
}

describe("outcome", () => {
  const code = (code: string) => () => Promise.reject(broken(code));
  const stranger = (status: number) => answer({ some: "API" }, { status, version: null });
  const half = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"name": "a'));
        },
        pull(controller) {
          controller.error(broken());
        },
      }),
      { headers: { "Content-Type": "application/json", "X-JupyterHub-Version": "6.1.1" } },
    );

  const unknown: [string, Respond][] = [
    ["the connection is reset", code("ECONNRESET")],
    ["the connection is closed", code("UND_ERR_SOCKET")],
    ["the connection fails without a code", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["the response is cut off", half],
    ["no response arrives in time", never],
    ["the proxy answers 502", () => page(502)],
    ["the proxy answers 503", () => page(503)],
    ["the proxy answers 504", () => page(504)],
    ["the proxy answers 500", () => page(500)],
    ["a gateway answers 524", () => page(524)],
    ["another program answers 200", () => page(200)],
  ];
  const known: [string, Respond][] = [
    ["the connection is refused", code("ECONNREFUSED")],
    ["the host is unknown", code("ENOTFOUND")],
    ["the certificate is not trusted", code("SELF_SIGNED_CERT_IN_CHAIN")],
    ["the port does not speak TLS", code("ERR_SSL_WRONG_VERSION_NUMBER")],
    ["the connection times out", code("UND_ERR_CONNECT_TIMEOUT")],
    ...[400, 401, 403, 404, 405, 409, 429].map((status): [string, Respond] => [
      `the hub answers ${status}`,
      () => refusal(status, null),
    ]),
    ["the hub answers 500", () => refusal(500, "Internal Server Error")],
    ["the hub answers 503", () => refusal(503, null)],
    [
      "the request is redirected to a login page",
      () => page(302, { headers: { Location: "/hub/login" } }),
    ],
    ["the proxy answers 404", () => page(404)],
    ["another API refuses the request", () => stranger(422)],
  ];

  /** Every combination of a write and a fault. */
  const each = (faults: [string, Respond][]) =>
    Object.entries(writes).flatMap(([name, write]) =>
      faults.map(([fault, by]) => ({ name, write, fault, by })),
    );

  it.each(each(unknown))("of $name is unknown when $fault", async ({ write, by }) => {
    const { hub, fetch } = hubThat([by]);
    const { error } = await settled(write(hub.client));
    expect(error).toMatchObject({ outcome: "unknown" });
    expect(fetch.requests).toHaveLength(1);
    expectNoSecret(error);
  });

  it.each(each(known))("of $name is undefined when $fault", async ({ write, by }) => {
    const { hub, fetch } = hubThat([by]);
    const { error } = await settled(write(hub.client));
    expect(error).toBeInstanceOf(JupyterHubError);
    expect(error).toMatchObject({ outcome: undefined });
    expect(fetch.requests).toHaveLength(1);
  });

  it("is unknown for a success with invalid JSON, except for operations that return nothing", async () => {
    const { hub } = hubThat([() => answer("{", { status: 201 })]);
    const { error } = await writes.postGroup(hub.client);
    expect(error).toMatchObject({
      name: "UnexpectedResponseError",
      status: 201,
      outcome: "unknown",
    });
    expect(await writes.deleteUser(hub.client)).toMatchObject({ data: undefined });
  });

  it("is always undefined for a call that only reads", async () => {
    for (const [, by] of unknown) {
      const { hub } = hubThat([by], { retry: 0, timeout: 1000 });
      const { error } = await settled(getUser({ client: hub.client, path }));
      expect(error).toMatchObject({ outcome: undefined });
    }
  });

  it.each<[string, JupyterHubOptions, Respond]>([
    ["its turn under maxConcurrency", { maxConcurrency: 1 }, never],
    ["its token", { token: never }, never],
    ["a middleware", { middleware: never }, never],
    ["the end of a Retry-After delay", {}, () => busy("30")],
    [
      "a token in place of the refused one",
      { token: renewing(never) },
      () => refusal(403, "Missing or invalid credentials."),
    ],
  ])("is undefined after a timeout during the wait for %s", async (_, options, by) => {
    const { hub } = hubThat([by], options);
    if (options.maxConcurrency) watch(hub.users.get("first"));
    const { error } = await settled(deleteUser({ client: hub.client, path, timeout: 1000 }));
    expect(error).toMatchObject({ name: "TimeoutError", outcome: undefined });
  });

  it("is unknown after a timeout in a second attempt", async () => {
    const { hub } = hubThat([() => busy("1"), never]);
    const call = deleteUser({ client: hub.client, path, timeout: 5000 });
    expect((await settled(call)).error).toMatchObject({ name: "TimeoutError", outcome: "unknown" });
  });

  it("is unknown when a middleware fails after the request was sent, and undefined if it fails before", async () => {
    const failing =
      (after: boolean): NonNullable<JupyterHubOptions["middleware"]> =>
      async (_, next) => {
        if (after) await next();
        throw new Error("no");
      };
    for (const [after, outcome] of [
      [true, "unknown"],
      [false, undefined],
    ] as const) {
      const { hub } = hubThat([ada], { middleware: failing(after) });
      const { error } = await settled(deleteUser({ client: hub.client, path }));
      expect(error).toMatchObject({ name: "JupyterHubError", outcome });
    }
  });

  it("is undefined for an invalid input, which is not sent", async () => {
    const { hub, fetch } = hubThat([ada]);
    const { error } = await settled(deleteUser({ client: hub.client, path: { name: ".." } }));
    expect(error).toMatchObject({ name: "InvalidInputError", outcome: undefined });
    expect(fetch.requests).toEqual([]);
  });
});
