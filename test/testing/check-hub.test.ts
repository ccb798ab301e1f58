/** The requests that `checkHub` sends, and its report about a hub that violates its contract. */
import { describe, expect, it } from "vitest";
import { AuthenticationError, TimeoutError } from "../../src/index.js";
import { checkHub, FakeHub } from "../../src/testing/index.js";
import { contracts } from "../../generated/contract.gen.js";
import { ask, clientOf, openFake } from "./hubs.js";

const unsuitable = [
  "GET /oauth2/authorize",
  "GET /authorizations/token/{token}",
  "GET /authorizations/cookie/{cookie_name}/{cookie_value}",
];

/** Returns a fake hub that has data for every GET operation. */
async function furnished(version: string): Promise<FakeHub> {
  const users = [{ name: "ada", servers: ["", "gpu"], groups: ["staff"] }, "bob"];
  const fake = new FakeHub({ version, users, groups: ["staff"] });
  const hub = clientOf(fake);
  await hub.tokens.create("ada", { note: "for a check" });
  if (await hub.supports("shares")) {
    await hub.shares.grant("ada", { server: "gpu", user: "bob" });
    await hub.shares.grant("ada", { server: "gpu", group: "staff" });
  }
  return fake;
}

describe("checkHub", () => {
  it.each([
    ["6", "6.1.1", []],
    ["5", "5.5.4", []],
    // Before 5.0, the response of GET /user to a service violates the contract: see test/hubs/deviations.yaml.
    ["4.1", "4.1.6", ["GET /user"]],
    ["6.0.3", "6.1.1", []],
  ])(
    "sends every GET operation of hub %s, except three that it reports as skipped",
    async (version, contract, known) => {
      const fake = await furnished(version);
      const before = fake.requests.length;
      const report = await checkHub(clientOf(fake));
      expect(report).toMatchObject({ contract, version: fake.version });
      expect(report.deviations.map(({ operation }) => operation)).toEqual(known);
      expect(Object.keys(report.skipped).toSorted()).toEqual(unsuitable.toSorted());
      const reading = Object.keys(contracts[contract]!.operations).filter((one) =>
        one.startsWith("GET "),
      );
      expect([...report.checked, ...unsuitable].toSorted()).toEqual(reading.toSorted());
      expect(fake.requests.slice(before).every(({ method }) => method === "GET")).toBe(true);
    },
  );

  it("skips operations that the token does not allow, and names the missing scopes", async () => {
    const fake = await furnished("6");
    const { checked, skipped, deviations } = await checkHub(
      clientOf(fake, { token: fake.tokenFor("bob") }),
    );
    expect(checked).toContain("GET /users/{name}/shared/{owner}/{server_name}");
    expect(skipped).toMatchObject({
      "GET /users": "the token lacks list:users",
      "GET /users/{name}/server": "there is nothing to read on this hub",
    });
    expect(deviations).toEqual([]);
  });

  it("reports each difference once, without the names and values of the response", async () => {
    const fake = await furnished("6");
    const altered: typeof fetch = async (input, init) => {
      const response = await fake.fetch(input, init);
      const { pathname } = new URL(String(input));
      if (!/\/users\/\w+$/.test(pathname)) return response;
      const user = (await response.json()) as { servers: Record<string, object> };
      for (const server of Object.values(user.servers))
        Object.assign(server, { ready: "yes", x: 1 });
      return Response.json(user, { headers: { "X-JupyterHub-Version": "6.1.1" } });
    };
    const { deviations } = await checkHub(clientOf(fake, { fetch: altered }));
    const violations = ["/servers/*/ready: must be boolean", "/servers/*/x: is not declared"];
    expect(deviations).toEqual([{ operation: "GET /users/{name}", status: 200, violations }]);
  });

  it("reads only a few users of a large hub", async () => {
    const users = Array.from({ length: 300 }, (_, index) => `user-${index}`);
    const fake = new FakeHub({ users });
    const { requests, deviations } = await checkHub(clientOf(fake));
    expect(requests).toBeLessThan(60);
    expect(deviations).toEqual([]);
  });

  it("counts each request that it sends", async () => {
    const fake = new FakeHub({ users: ["ada"] });
    const { requests } = await checkHub(clientOf(fake));
    expect(requests).toBe(fake.requests.length);
  });

  describe("while a server starts", () => {
    const progress = "GET /users/{name}/server/progress";

    it("reads the first progress event, and does not wait for later events", async () => {
      // Manual time: the start never ends.
      const { fake, hub } = openFake({ slowSpawnTimeout: 0, spawner: { seconds: 30 } });
      await ask(fake, "POST /users/ada/server");
      const { checked, deviations } = await checkHub(hub);
      expect(checked).toContain(progress);
      expect(deviations).toEqual([]);
    });

    it("closes the progress stream after the first event", async () => {
      const { fake } = openFake({ slowSpawnTimeout: 0, spawner: { seconds: 30 } });
      await ask(fake, "POST /users/ada/server");
      const cancelled: string[] = [];
      const watched: typeof fetch = async (input, init) => {
        const response = await fake.fetch(input, init);
        if (response.headers.get("Content-Type") !== "text/event-stream") return response;
        const open = new ReadableStream({
          start: (controller) =>
            controller.enqueue(new TextEncoder().encode('data: {"progress": "half"}\n\n')),
          cancel: () => void cancelled.push(new URL(String(input)).pathname),
        });
        return new Response(open, response);
      };
      const { deviations } = await checkHub(clientOf(fake, { fetch: watched }));
      expect(deviations).toMatchObject([{ operation: progress, status: 200 }]);
      expect(cancelled).toEqual(["/hub/api/users/ada/server/progress"]);
    });

    it("rejects if no event arrives within the timeout", async () => {
      const { fake } = openFake({ slowSpawnTimeout: 0, spawner: { seconds: 30 } });
      await ask(fake, "POST /users/ada/server");
      const silent: typeof fetch = async (input, init) => {
        const response = await fake.fetch(input, init);
        return response.headers.get("Content-Type") === "text/event-stream"
          ? new Response(new ReadableStream(), response)
          : response;
      };
      const check = checkHub(clientOf(fake, { fetch: silent }), { timeout: 200 });
      await expect(check).rejects.toBeInstanceOf(TimeoutError);
      await expect(check).rejects.toThrow(`${progress}: no event arrived within 200 ms`);
    });
  });

  it("rejects if the token is unknown, and after an abort", async () => {
    const fake = await furnished("6");
    const stranger = clientOf(fake, { token: "0123456789abcdef0123456789abcdef" });
    await expect(checkHub(stranger)).rejects.toBeInstanceOf(AuthenticationError);
    const reason = new Error("enough");
    const check = checkHub(clientOf(fake), { signal: AbortSignal.abort(reason) });
    await expect(check).rejects.toBe(reason);
  });
});
