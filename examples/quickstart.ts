/**
 * First steps with a hub: the current user, starting and stopping a server, a temporary token.
 *
 * npm start                                                uses a mock that comes with this repository
 * JUPYTERHUB_API_URL=… JUPYTERHUB_API_TOKEN=… npm start    uses that hub, and undoes its changes
 */
import {
  BadRequestError,
  ForbiddenError,
  JupyterHub,
  NotFoundError,
  type Server,
} from "jupyterhub-client";
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

/** Undoes the changes of this run in reverse order. */
const undo: (() => Promise<void>)[] = [];

// A service has no servers, so it starts one for a new user.
let user = me.name;
if (me.kind !== "user") {
  user = `quickstart-${Date.now()}`;
  await hub.users.create(user);
  undo.push(() => hub.users.delete(user));
}

try {
  const server = await startServer(opened.server);
  console.log(`The server "${server.name}" of ${user} is ready at ${server.url}`);

  const { id, expires_at } = await hub.tokens.create(user, { note: "quickstart", expires_in: 600 });
  undo.push(() => hub.tokens.revoke(user, id));
  console.log(`The token ${id} is valid until ${expires_at}`);
} finally {
  for (const step of undo.toReversed()) await step();
}
console.log("Stopped and revoked: the hub is as it was.");

/** Starts a named server, or the default one if the hub allows no named servers. */
async function startServer(name: string): Promise<Server> {
  try {
    const before = await find(name);
    const server = await hub.servers.start(user, { server: name });
    if (!before) undo.push(() => hub.servers.delete(user, { server: name }));
    // The mock's server always runs.
    if (!before?.ready || opened.isMock) undo.push(() => hub.servers.stop(user, { server: name }));
    return server;
  } catch (error) {
    if (!(error instanceof BadRequestError && error.reason === "named-servers-disabled"))
      throw error;
    console.log("This hub has no named servers: the default one will do");
    const running = (await hub.servers.list(user)).length > 0;
    const server = await hub.servers.start(user);
    if (!running) undo.push(() => hub.servers.stop(user));
    return server;
  }
}

/** The user's server with this name, if any. */
async function find(server: string): Promise<Server | undefined> {
  try {
    return await hub.servers.get(user, { server });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
