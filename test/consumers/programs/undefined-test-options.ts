/** Passes undefined for every optional key of the test tools. */
import type { JupyterHub } from "jupyterhub-client";
import { FakeHub, assertContract, checkHub, startMockHub } from "jupyterhub-client/testing";

const omitted = undefined;

export async function everyTool(hub: JupyterHub, version: string | undefined): Promise<void> {
  const fake = new FakeHub({
    version,
    url: omitted,
    users: [{ name: "ada", admin: omitted, groups: omitted, servers: omitted }],
    groups: [{ name: "staff", users: omitted, properties: omitted }],
    services: [{ name: "charts", admin: omitted, token: omitted, roles: omitted }],
    spawner: () => ({ seconds: omitted, progress: omitted, fails: omitted, timeout: omitted }),
    pageLimit: { default: omitted, max: omitted },
  });
  fake.fail({ status: 503, times: omitted, operation: omitted, message: omitted, stall: omitted });
  fake.tokenFor("ada", { scopes: omitted, expiresIn: omitted });
  await fake.received("GET /users", { count: omitted });
  await fake.restart({ seconds: omitted });
  assertContract(fake.fetch, { version: "6", url: omitted });
  await checkHub(hub, { signal: omitted, timeout: omitted });
  const mock = await startMockHub({ version, port: omitted });
  mock.respond("GET /users", 200, { times: omitted });
}
