// Owns a running JupyterHub: fresh secrets, free ports, a scratch folder, and the wait until it
// answers. Promises that a returned hub is ready and that it is ours (it knows our token), and
// that a hub which does not start is an error that tells why. What it is made of is `venv.ts`,
// how it is configured `jupyterhub_config.py`, what routes to it `proxy.ts`, how it ends `process-group.ts`.

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveRelease } from "../../scripts/known-releases.js";
import { startProcessGroup } from "./process-group.js";
import { startProxy, type RunningProxy } from "./proxy.js";
import { freePort, makeScratch, type Scratch } from "./scratch.js";
import { waitUntilReady } from "./wait-until-ready.js";
import { ensureHub } from "./venv.js";

export interface StartOptions {
  /** Python lines that run at the end of the configuration, with its `c`. */
  extraConfig?: string;
  /** Where the OAuth client `webapp` wants its codes; nothing has to listen there. */
  redirectUri?: string;
  /**
   * What routes: nothing ("memory", the default: the hub is asked on its own port, and no request
   * reaches a server or a service), or a real proxy in front of the hub.
   */
  proxy?: "memory" | "configurable-http-proxy";
  /** The hub's `base_url` without its last slash, such as "/prefix"; none by default. */
  prefix?: string;
  /** Where the hub keeps its state; only a "file" survives `kill` and `restart`. "memory" by default. */
  database?: "memory" | "file";
  /** How long the hub may take until it answers; 60,000 ms by default. */
  readyMs?: number;
}

export interface RunningHub extends AsyncDisposable {
  readonly version: string;
  /** The base of the API as people reach it, through the proxy if there is one: `http://127.0.0.1:<port>/hub/api`. */
  readonly url: string;
  /** Where people are: `http://127.0.0.1:<port>/`; a server's `url` is resolved against it. */
  readonly publicUrl: string;
  /** The base of the API on the hub's own port, past the proxy. */
  readonly directUrl: string;
  /** The real proxy, if one was asked for. */
  readonly proxy: RunningProxy | undefined;
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
  /** When the hub process that runs now, or ran last, has ended. */
  readonly exited: Promise<number | null>;
  /** Ends the hub process and its servers at once, as a power cut would. Its proxy and its state stay. */
  kill(): Promise<void>;
  /** Starts the hub again, killed if it still runs: the same configuration, secrets, ports and state. */
  restart(): Promise<void>;
  /** Ends the hub, its servers and its proxy for good; may be called again. */
  stop(): Promise<void>;
}

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
  version: string,
  python: string,
  options: StartOptions,
): Promise<RunningHub> {
  const scratch = await makeScratch();
  let proxy: RunningProxy | undefined;
  try {
    const port = await freePort();
    const hubUrl = `http://127.0.0.1:${port}`;
    if (options.proxy === "configurable-http-proxy") {
      proxy = await startProxy(hubUrl + (options.prefix ?? ""), scratch.path);
    }
    return await launch({ version, python, options, scratch, hubUrl, proxy });
  } catch (error) {
    await proxy?.stop();
    scratch.remove();
    throw error;
  }
}

interface Launch {
  version: string;
  python: string;
  options: StartOptions;
  scratch: Scratch;
  hubUrl: string;
  proxy: RunningProxy | undefined;
}

async function launch(given: Launch): Promise<RunningHub> {
  const { version, python, options, scratch, hubUrl, proxy } = given;
  if (options.extraConfig) await writeFile(join(scratch.path, "extra.py"), options.extraConfig);
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
  const { prefix = "" } = options;
  const publicUrl = `${proxy?.origin ?? hubUrl}${prefix}/`;
  const url = `${publicUrl}hub/api`;
  const secrets = [password, oauth.clientSecret, cryptKey, cookieSecret, ...Object.values(tokens)];
  // Nothing else of ours: a JUPYTERHUB_ variable of the machine must not reach the hub.
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    HOME: scratch.path,
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
    HUB_URL: hubUrl,
    HUB_PUBLIC_URL: publicUrl,
    HUB_SCRATCH: scratch.path,
    HUB_DATABASE: options.database === "file" ? "sqlite:///hub.sqlite" : "sqlite://",
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
  };
  if (proxy) {
    secrets.push(proxy.token);
    env["HUB_PROXY_API"] = proxy.apiUrl;
    env["CONFIGPROXY_AUTH_TOKEN"] = proxy.token;
  }

  let earlier = "";
  const start = () =>
    startProcessGroup(python, ["-m", "jupyterhub", "--config", configFile], {
      cwd: scratch.path,
      env,
      secrets,
    });
  const ready = () =>
    waitUntilReady(`JupyterHub ${version}`, group, options.readyMs ?? 60_000, () =>
      answers(url, tokens.admin),
    );
  let group = start();
  await ready();

  const stop = async (): Promise<void> => {
    await group.stop();
    await proxy?.stop();
    scratch.remove();
  };
  return {
    version,
    url,
    publicUrl,
    directUrl: `${hubUrl}${prefix}/hub/api`,
    proxy,
    tokens,
    password,
    adminUser,
    oauth,
    log: () => earlier + group.log(),
    get exited() {
      return group.exited;
    },
    kill: () => group.kill(),
    async restart() {
      await group.kill();
      earlier += group.log();
      group = start();
      await ready();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** `GET /` says that a hub is there; `GET /info` with our token, that it is this one. */
async function answers(url: string, token: string): Promise<boolean> {
  const init = {
    headers: { authorization: `token ${token}` },
    signal: AbortSignal.timeout(5000),
    redirect: "manual",
  } as const;
  const root: unknown = await (await fetch(`${url}/`, init)).json();
  if (typeof root !== "object" || root === null || !("version" in root)) return false;
  const info = await fetch(`${url}/info`, init);
  await info.arrayBuffer();
  return info.ok;
}

/** Hubs from 5.5.3 refuse tokens of 64 characters and more. */
function secret(): string {
  return randomBytes(24).toString("hex");
}
