// Owns a real configurable-http-proxy, as deployments run it: a process apart from the hub, which
// it outlives. Promises that a returned proxy answers. It knows no route until a hub tells it one.

import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { startProcessGroup, type ProcessGroup } from "./process-group.js";
import { freePorts } from "./scratch.js";
import { waitUntilReady } from "./wait-until-ready.js";

export interface RunningProxy {
  /** Where people reach it: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** Where the hub tells it routes, and what it says to be let in. */
  readonly apiUrl: string;
  readonly token: string;
  log(): string;
  /** Ends it at once, and starts it again on the same ports; it has forgotten its routes. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const readyMs = 30_000;
const command = createRequire(import.meta.url).resolve(
  "configurable-http-proxy/bin/configurable-http-proxy",
);
// Whoever started it holds its stdin open; killed outright, they cannot end it themselves.
const endsWithUs = "data:text/javascript,process.stdin.on('end',()=>process.exit()).resume()";

/** Starts a proxy that asks the hub at this URL for the pages of its errors. */
export async function startProxy(hubUrl: string, scratch: string): Promise<RunningProxy> {
  const [publicPort, apiPort] = await freePorts();
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const token = randomBytes(24).toString("hex");
  const args = ["--import", endsWithUs, command, "--ip", "127.0.0.1", "--port", String(publicPort)];
  args.push("--api-ip", "127.0.0.1", "--api-port", String(apiPort));
  args.push("--error-target", `${hubUrl}/hub/error`);

  const start = async (): Promise<ProcessGroup> => {
    const env = { PATH: process.env["PATH"] ?? "", CONFIGPROXY_AUTH_TOKEN: token };
    const group = startProcessGroup(process.execPath, args, {
      cwd: scratch,
      env,
      secrets: [token],
    });
    const ask = { headers: { authorization: `token ${token}` } };
    await waitUntilReady("configurable-http-proxy", group, readyMs, async () => {
      const routes = await fetch(`${apiUrl}/api/routes`, ask);
      await routes.arrayBuffer();
      return routes.ok;
    });
    return group;
  };
  let group = await start();
  return {
    origin: `http://127.0.0.1:${publicPort}`,
    apiUrl,
    token,
    log: () => group.log(),
    async restart() {
      await group.kill();
      group = await start();
    },
    stop: () => group.stop(),
  };
}
