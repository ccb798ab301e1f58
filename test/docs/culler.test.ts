import { expect, it } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { FakeHub } from "jupyterhub-client/testing";

/** Stops the servers that nobody has used since then. */
async function cull(hub: JupyterHub, since: Date): Promise<void> {
  for await (const { user, server } of hub.servers.listActive()) {
    const isIdle = server.last_activity && new Date(server.last_activity) < since;
    if (server.ready && isIdle) await hub.servers.stop(user.name, { server: server.name });
  }
}

it("stops idle servers and leaves the others alone", async () => {
  const fake = new FakeHub({ time: "manual", users: [{ name: "ada", servers: ["", "gpu"] }] });
  const hub = new JupyterHub({ url: fake.url, token: fake.token, fetch: fake.fetch });
  await fake.advance(2 * 60 * 60_000);
  const now = new Date(fake.now());
  await hub.users.reportActivity("ada", { servers: { gpu: { last_activity: now.toISOString() } } });

  await cull(hub, new Date(fake.now() - 60 * 60_000));

  expect((await hub.servers.list("ada")).map(({ name }) => name)).toEqual(["gpu"]);
  expect(fake.requests.filter(({ method }) => method === "DELETE")).toHaveLength(1);
});
