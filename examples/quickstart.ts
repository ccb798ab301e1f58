/**
 * The first steps with a hub: who is there, a server that starts and stops, a token for a while.
 *
 * npm start                                        against a mock that comes with this repository
 * JUPYTERHUB_API_URL=… JUPYTERHUB_API_TOKEN=… npm start    against that hub, which is left as it was found
 */
import { ForbiddenError, JupyterHub, NotFoundError } from "jupyterhub-client";
import { openHub } from "./open-hub.js";

await using opened = await openHub();
const hub = new JupyterHub(opened.options);

console.log(`JupyterHub ${await hub.version()} at ${hub.url}`);

const me = await hub.whoami();
console.log(`The token belongs to the ${me.kind} ${me.name}`);

try {
  const users = await hub.users.list();
  console.log(`Users: ${users.map(({ name }) => name).join(", ")}`);
  const groups = await hub.groups.list();
  console.log(`Groups: ${groups.map(({ name }) => name).join(", ") || "none"}`);
} catch (error) {
  if (!(error instanceof ForbiddenError)) throw error;
  console.log(`Not for this token: it needs ${error.requiredScopes.join(" or ")}`);
}

// A service has no servers of its own, so it starts one for a user.
const user = me.kind === "user" ? me.name : (await hub.users.ensure("quickstart")).name;
const { server } = opened;
const isNew = await hub.servers.get(user, { server }).then(
  () => false,
  (error: unknown) => error instanceof NotFoundError,
);
const { url, started } = await hub.servers.start(user, { server });
console.log(`The server ${server} of ${user} is ready at ${url}, started ${started}`);

const { id, expires_at } = await hub.tokens.create(user, { note: "quickstart", expires_in: 600 });
console.log(`The token ${id} is valid until ${expires_at}`);
await hub.tokens.revoke(user, id);

await hub.servers.stop(user, { server });
if (isNew) await hub.servers.delete(user, { server });
if (me.kind === "service") await hub.users.delete(user);
console.log("Stopped and revoked: the hub is as it was.");
