import { afterAll, beforeAll, expect, it } from "vitest";
import { JupyterHub, NotFoundError } from "jupyterhub-client";
import { startMockHub, type MockHub } from "jupyterhub-client/testing";

let mock: MockHub;
beforeAll(async () => {
  mock = await startMockHub({ version: "5" });
}, 60_000); // Prism takes seconds to load
afterAll(() => mock.stop());

it("creates the group if there is none", async () => {
  mock.respond("GET /groups/{name}", 404);
  const hub = new JupyterHub({ url: mock.url, token: "any" });

  await hub.groups.get("staff").catch(async (error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error;
    await hub.groups.create("staff", { users: ["ada"] });
  });

  expect(mock.calls.at(-1)).toMatchObject({
    operation: "POST /groups/{name}",
    body: { users: ["ada"] },
  });
  expect(mock.violations).toEqual([]);
});
