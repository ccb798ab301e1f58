/**
 * Stops servers that nobody has used for some minutes. Without --stop, it only prints them.
 * `npx tsx examples/idle-culler.ts --idle 60 [--stop]` · scopes list:users, read:servers and, to stop, delete:servers
 */
import { parseArgs } from "node:util";
import { JupyterHub } from "jupyterhub-client";

const options = { idle: { type: "string" }, stop: { type: "boolean", default: false } } as const;
const { idle, stop } = parseArgs({ options }).values;
if (!(Number(idle) > 0)) throw new Error("--idle takes a number of minutes: --idle 60");
const limit = Date.now() - Number(idle) * 60_000;
const hub = new JupyterHub();

/**
 * Yields the idle servers. Servers that are starting or stopping, or that never reported activity, do not count as
 * idle.
 */
async function* idleServers() {
  for await (const { user, server } of hub.servers.listActive()) {
    const isIdle = server.last_activity && Date.parse(server.last_activity) < limit;
    if (server.ready && isIdle) yield { user: user.name, server: server.name };
  }
}

const print = (what: string, user: string, server: string): void =>
  console.log(`${what}: ${user}/${server}`);
if (stop) {
  for await (const { user, serverName, error } of hub.servers.stopMany(idleServers())) {
    print(error ? `failed (${String(error)})` : "stopped", user, serverName);
  }
} else {
  for await (const { user, server } of idleServers()) print("idle", user, server);
}
