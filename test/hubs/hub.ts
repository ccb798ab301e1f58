// Starts a JupyterHub with fresh secrets, free ports and a scratch folder, and waits until it answers. Guarantees that
// the returned hub is ready, and that it is the hub started here: it accepts the new token. If the hub does not start,
// rejects with the reason. `venv.ts` installs the hub, `jupyterhub_config.py` configures it, `proxy.ts` routes to it
// and `process-group.ts` ends it.

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
  /** Python lines to append to the configuration. */
  extraConfig?: string;
  /** The redirect address of the OAuth client `webapp`; nothing has to listen there. */
  redirectUri?: string;
  /**
   * The kind of proxy. With "memory", the default, there is no proxy: requests go to the hub's own port, and reach no
   * server or service. "configurable-http-proxy" is a real proxy in front of the hub.
   */
  proxy?: "memory" | "configurable-http-proxy";
  /** The hub's `base_url` without its last slash, such as "/prefix"; none by default. */
  prefix?: string;
  /** The hub's database; only a "file" survives `kill` and `restart`. "memory" by default. */
  database?: "memory" | "file";
  /** The time limit for the hub's start; 60,000 ms by default. */
  readyMs?: number;
}

export interface RunningHub extends AsyncDisposable {
  readonly version: string;
  /** The base of the public API, through the proxy if there is one: `http://127.0.0.1:<port>/hub/api`. */
  readonly url: string;
  /** The public address: `http://127.0.0.1:<port>/`. A server's `url` is resolved against it. */
  readonly publicUrl: string;
  /** The base of the API on the hub's own port, without the proxy. */
  readonly directUrl: string;
  /** The real proxy, if there is one. */
  readonly proxy: RunningProxy | undefined;
  /**
   * Tokens of services: `admin` has all permissions, `reader` has list:users and read:users:name,
   * `filtered` has read:users!user=ada. Before 2.0 the latter two have no permissions.
   */
  readonly tokens: { readonly admin: string; readonly reader: string; readonly filtered: string };
  /** The password of every user. */
  readonly password: string;
  /** The name of a user with admin permissions. At first, no other user exists. */
  readonly adminUser: string;
  readonly oauth: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly redirectUri: string;
  };
  /** The hub's log so far, without its secrets. */
  log(): string;
  /** Resolves when the current hub process ends. */
  readonly exited: Promise<number | null>;
  /**
   * Kills the hub process and its servers at once, as a power failure would. The proxy keeps running, and the database
   * is kept.
   */
  kill(): Promise<void>;
  /** Starts the hub again with the same configuration, secrets, ports and database. Kills it first if it runs. */
  restart(): Promise<void>;
  /** Stops the hub, its servers and its proxy. May be called more than once. */
  stop(): Promise<void>;
}

const configFile = fileURLToPath(new URL("jupyterhub_config.py", import.meta.url));

/** Starts a hub of a release ("6", "5.5", "5.5.4") and resolves once it answers. */
export async function startHub(version: string, options: StartOptions = {}): Promise<RunningHub> {
  const release = resolveRelease(version);
  const python = await ensureHub(release);
  try {
    return await attempt(release, python, options);
  } catch (error) {
    // Another process may take the free port before the hub uses it.
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
  // The hub gets no other variables: a JUPYTERHUB_ variable of the machine must not reach it.
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

/** Returns true if a hub answers at `url` and accepts our token, which only the hub that was started here does. */
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

/** Returns a random secret of 48 characters: hubs since 5.5.3 refuse tokens of 64 characters or more. */
function secret(): string {
  return randomBytes(24).toString("hex");
}
