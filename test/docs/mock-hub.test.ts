import { expect, it } from "vitest";
import { JupyterHub, NotFoundError } from "jupyterhub-client";
import { startMockHub } from "jupyterhub-client/testing";

it("creates the group if there is none", async () => {
  await using mock = await startMockHub({ version: "5" });
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
