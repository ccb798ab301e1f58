/** Functions that run in a page of any origin. Their arguments must be serialisable. */
import type { JupyterHubOptions } from "jupyterhub-client";

/** The client options that a test passes into a page. */
export type PageOptions = Pick<JupyterHubOptions, "url" | "token" | "auth" | "allowInsecure">;

/** Sends requests with every HTTP method, with and without a body. */
export async function everyMethod(options: PageOptions) {
  const hub = new jupyterhub.JupyterHub(options);
  await hub.users.create("ada");
  await hub.users.createMany({ usernames: ["bea", "cleo", "dora"] });
  await hub.users.update("ada", { admin: true });
  await hub.groups.create("lab", { users: ["ada", "bea"] });
  await hub.groups.setProperties("lab", { quota: 5 });
  await hub.groups.removeUsers("lab", { users: ["bea"] });
  const group = await hub.groups.get("lab");
  await hub.groups.delete("lab");
  await hub.users.delete("dora");
  return group;
}

/** The requests of {@link everyMethod}, in order. */
export const everyRequest = [
  "POST /hub/api/users/ada",
  "POST /hub/api/users",
  "PATCH /hub/api/users/ada",
  "POST /hub/api/groups/lab",
  "PUT /hub/api/groups/lab/properties",
  "DELETE /hub/api/groups/lab/users",
  "GET /hub/api/groups/lab",
  "DELETE /hub/api/groups/lab",
  "DELETE /hub/api/users/dora",
];

/** Lists all users in pages of two. */
export async function listed(options: PageOptions) {
  const hub = new jupyterhub.JupyterHub(options);
  return (await hub.users.list({ limit: 2 })).map(({ name }) => name);
}

/** Starts a slow server, follows its progress and stops it. */
export async function slowStart(options: PageOptions) {
  const hub = new jupyterhub.JupyterHub(options);
  const started = hub.servers.start("ada", { user_options: { behave: "slow", seconds: 4 } });
  while ((await hub.users.get("ada")).pending !== "spawn");
  const events: unknown[] = [];
  const begun = performance.now();
  for await (const { progress } of hub.servers.progress("ada")) events.push(progress);
  const lasted = performance.now() - begun;
  const { ready, url } = await started;
  await hub.servers.stop("ada");
  const { server } = await hub.users.get("ada");
  return { events, lasted, ready, url, server };
}
