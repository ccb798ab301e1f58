/**
 * Connects to a hub as an editor does: finds the hub behind a link to any of its pages, reads a pasted token, starts
 * the user's server and runs a cell on it.
 * `npx tsx examples/editor.ts https://hub.example.org/hub/home` · a token of the user's own, with its default scopes
 */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { KernelManager, ServerConnection } from "@jupyterlab/services";
import { JupyterHub } from "jupyterhub-client";
import { WebSocket } from "ws";
import { showProgress } from "./progress-bar.js";

const [link] = process.argv.slice(2);
if (!link) throw new Error("Give a link to the hub, such as https://hub.example.org/hub/home");

// `discover` sends no token.
const found = await JupyterHub.discover(link);
console.log(`Create a token at ${new URL("token", found.publicUrl)} and paste it here:`);
const hub = found.withOptions({ token: await readSecret() });

const me = await hub.whoami();
console.log(`Logged in as ${me.name}; the token ${await expiry(me.token_id)}`);

await showProgress("Starting your server", hub.servers.start(me.name));
// Node 20 has no WebSocket of its own.
const connection = await hub.servers.connect(me.name, {}, { WebSocket });
const manager = new KernelManager({ serverSettings: ServerConnection.makeSettings(connection) });
const kernel = await manager.startNew();
try {
  const running = kernel.requestExecute({ code: "print(6 * 7)" });
  running.onIOPub = ({ content }) => {
    if ("text" in content) console.log(`The cell printed: ${String(content.text).trim()}`);
  };
  await running.done;
} finally {
  await kernel.shutdown();
  manager.dispose();
}

/** Returns words for the expiry of the token. Hubs before 5.0 do not return the id of the client's token. */
async function expiry(id: string | null | undefined): Promise<string> {
  if (!id) return "expires at a time that this hub does not tell";
  const { expires_at } = await hub.tokens.get(me.name, id);
  return expires_at ? `expires ${expires_at}` : "does not expire";
}

/** Reads a line without echoing it. */
async function readSecret(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const input = createInterface({
    input: process.stdin,
    output: silent,
    terminal: process.stdin.isTTY,
  });
  const secret = await input.question("");
  input.close();
  return secret.trim();
}
