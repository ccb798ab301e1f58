// Owns a running JupyterHub: fresh secrets, a free port, a scratch folder, and the wait until it
// answers. Promises that a returned hub is ready and that it is ours (it knows our token), and
// that a hub which does not start is an error that tells why. What it is made of is `venv.ts`,
// how it is configured `jupyterhub_config.py`, how it ends `group.ts`.

import { randomBytes } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startGroup, type ProcessGroup } from "./group.js";
import { ensureHub, resolveRelease, type Release } from "./venv.js";

export interface StartOptions {
  /** Python lines that run at the end of the configuration, with its `c`. */
  extraConfig?: string;
  /** Where the OAuth client `webapp` wants its codes; nothing has to listen there. */
  redirectUri?: string;
}

export interface RunningHub extends AsyncDisposable {
  readonly version: Release;
  /** The base of the API: `http://127.0.0.1:<port>/hub/api`. */
  readonly url: string;
  /**
   * Tokens of services: `admin` may do everything, `reader` has list:users and read:users:name,
   * `filtered` has read:users!user=ada. Before 2.0 the latter two may do nothing.
   */
  readonly tokens: { readonly admin: string; readonly reader: string; readonly filtered: string };
  /** The password of every user. */
  readonly password: string;
  /** A user with admin rights; nobody else exists at first. */
  readonly adminUser: string;
  readonly oauth: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly redirectUri: string;
  };
  /** The hub's log so far, without its secrets. */
  log(): string;
  readonly exited: Promise<number | null>;
  /** Ends the hub and its servers; may be called again. */
  stop(): Promise<void>;
}

const readyMs = 60_000;
const configFile = fileURLToPath(new URL("jupyterhub_config.py", import.meta.url));

/** Starts the hub of that release ("6", "5.5", "5.5.4") and resolves once it answers. */
export async function startHub(version: string, options: StartOptions = {}): Promise<RunningHub> {
  const release = resolveRelease(version);
  const python = await ensureHub(release);
  try {
    return await attempt(release, python, options);
  } catch (error) {
    // Between asking for a free port and using it, somebody else may take it.
    if (!/address already in use/i.test(String(error))) throw error;
    return await attempt(release, python, options);
  }
}

async function attempt(
  version: Release,
  python: string,
  options: StartOptions,
): Promise<RunningHub> {
  const port = await freePort();
  const scratch = await mkdtemp(join(tmpdir(), "jupyterhub-test-"));
  if (options.extraConfig) await writeFile(join(scratch, "extra.py"), options.extraConfig);

  const adminUser = "admin";
  const password = secret();
  const tokens = { admin: secret(), reader: secret(), filtered: secret() };
  const oauth = {
    clientId: "service-webapp",
    clientSecret: secret(),
    redirectUri: options.redirectUri ?? "https://webapp.example/oauth_callback",
  };
  const cryptKey = randomBytes(32).toString("hex");
  const cookieSecret = randomBytes(32).toString("hex");

  const group = startGroup(python, ["-m", "jupyterhub", "--config", configFile], {
    scratch,
    secrets: [password, oauth.clientSecret, cryptKey, cookieSecret, ...Object.values(tokens)],
    // Nothing else of ours: a JUPYTERHUB_ variable of the machine must not reach the hub.
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: scratch,
      LANG: "C.UTF-8",
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONUNBUFFERED: "1",
      HUB_PORT: String(port),
      HUB_SCRATCH: scratch,
      HUB_ADMIN_USER: adminUser,
      HUB_PASSWORD: password,
      HUB_TOKEN_ADMIN: tokens.admin,
      HUB_TOKEN_READER: tokens.reader,
      HUB_TOKEN_FILTERED: tokens.filtered,
      HUB_OAUTH_ID: oauth.clientId,
      HUB_OAUTH_SECRET: oauth.clientSecret,
      HUB_OAUTH_REDIRECT: oauth.redirectUri,
      HUB_CRYPT_KEY: cryptKey,
      HUB_COOKIE_SECRET: cookieSecret,
    },
  });

  const url = `http://127.0.0.1:${port}/hub/api`;
  await untilReady(group, version, url, tokens.admin);
  return {
    version,
    url,
    tokens,
    password,
    adminUser,
    oauth,
    log: group.log,
    exited: group.exited,
    stop: group.stop,
    [Symbol.asyncDispose]: group.stop,
  };
}

async function untilReady(
  group: ProcessGroup,
  version: Release,
  url: string,
  token: string,
): Promise<void> {
  const deadline = Date.now() + readyMs;
  while (group.running() && Date.now() < deadline) {
    if (await answers(url, token)) return;
    await sleep(50);
  }
  const what = group.running()
    ? `did not answer within ${readyMs / 1000} s`
    : `ended (code ${await group.exited}) before it answered`;
  await group.stop();
  const log = group.log().trimEnd().split("\n").slice(-20).join("\n");
  throw new Error(`JupyterHub ${version} ${what}. The end of its log:\n${log}`);
}

/** `GET /` says that a hub is there; `GET /info` with our token, that it is this one. */
async function answers(url: string, token: string): Promise<boolean> {
  const init = {
    headers: { authorization: `token ${token}` },
    signal: AbortSignal.timeout(5000),
    redirect: "manual",
  } as const;
  try {
    const root: unknown = await (await fetch(`${url}/`, init)).json();
    if (typeof root !== "object" || root === null || !("version" in root)) return false;
    const info = await fetch(`${url}/info`, init);
    await info.arrayBuffer();
    return info.ok;
  } catch {
    return false; // nobody listens yet, or it is no JSON
  }
}

/** Hubs from 5.5.3 refuse tokens of 64 characters and more. */
function secret(): string {
  return randomBytes(24).toString("hex");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address) resolve(address.port);
        else reject(new Error("The system gave no free port."));
      });
    });
  });
}
