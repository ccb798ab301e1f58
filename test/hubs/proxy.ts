// Starts a real configurable-http-proxy, as deployments run it: a separate process that outlives the hub.
// Guarantees that a returned proxy answers, and that no other program has its port. It has no routes until a hub adds
// some.

import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { startProcessGroup, type ProcessGroup } from "./process-group.js";
import { freePorts } from "./scratch.js";
import { waitUntilReady } from "./wait-until-ready.js";

export interface RunningProxy {
  /** The public address of the proxy: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** The address of the proxy's API, which requires `token`. */
  readonly apiUrl: string;
  readonly token: string;
  log(): string;
  /** Kills the proxy and starts it again on the same ports, without its routes. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const readyMs = 30_000;
const command = createRequire(import.meta.url).resolve(
  "configurable-http-proxy/bin/configurable-http-proxy",
);
// The test process holds the proxy's stdin open. If the test process is killed, stdin closes and the proxy ends itself.
const endsWithUs = "data:text/javascript,process.stdin.on('end',()=>process.exit()).resume()";

/** Starts a proxy that gets its error pages from the hub at this URL. */
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
      const response = await fetch(`${apiUrl}/api/routes`, ask);
      const routes: unknown = await response.json();
      return response.ok && typeof routes === "object";
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
