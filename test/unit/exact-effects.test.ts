/** Connections, share codes, token ids and redaction: nothing more happens than the caller asked for. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { JupyterHub, JupyterHubError, InvalidInputError } from "../../src/index.js";
import { withoutSecrets } from "../../src/core/redact.js";
import {
  answer,
  answering,
  expectNoSecret,
  hubOf,
  origin,
  refusal,
  rejectionOf,
  secrets,
} from "./helpers.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The model of ada's default server. */
const server = { name: "", url: "/user/ada/", ready: true, pending: null };

interface Cluster {
  /** The owner of a token; undefined if the hub does not know the token. */
  whose?: (token: string) => string | undefined;
  /** The server's response. */
  serves?: (request: Request) => Response;
  /** Properties that replace those of the server in the hub's model. */
  model?: object;
}

/** A hub with ada's running server. Each token that it creates is named after its creator, and numbered. */
function cluster({ whose = () => "ada", serves = () => answer(), model }: Cluster = {}) {
  let created = 0;
  return answering(({ method, url, headers }) => {
    const { pathname } = new URL(url);
    if (pathname.startsWith("/user/")) {
      return serves(new Request(url, { headers }));
    }
    if (pathname.endsWith("/api/")) return answer({ version: "6.1.1" });
    const owner = whose((headers.get("Authorization") ?? "").replace("Bearer ", ""));
    if (owner === undefined) return refusal(403, "Missing or invalid credentials.");
    if (pathname.endsWith("/api/user")) {
      return answer({ kind: "user", name: owner, scopes: ["tokens"] });
    }
    if (method === "POST") {
      created += 1;
      return answer({ id: "a1", token: `by-${owner}-${created}` }, { status: 201 });
    }
    if (pathname.endsWith("/servers/gpu")) {
      return answer({ ...server, name: "gpu", url: "/user/ada/gpu/" });
    }
    return answer({ name: "ada", servers: { "": { ...server, ...model } } });
  });
}

/** The tokens that ada's server received, in order. */
const received = ({ requests }: { requests: Request[] }): string[] =>
  requests
    .filter(({ url }) => new URL(url).pathname.startsWith("/user/ada/"))
    .map(({ headers }) => headers.get("Authorization")!.replace("Bearer ", ""));

describe("the revocation of one share code", () => {
  // Hubs strip white space and control characters from both values, and without a value they revoke all codes of the
  // server.
  it.each(
    [" ", "\n", "\t \r\n", "\u0000", "\u00A0", "\u0085"].flatMap((blank) => [
      { id: blank },
      { code: blank },
    ]),
  )("is refused for %j, since hubs would then revoke all codes", async (input) => {
    const fetch = answering(() => answer("", { status: 204, type: null }));
    const outcome = await hubOf(fetch)
      .shareCodes.revoke("ada", input)
      .catch((error: unknown) => error);
    expect(fetch.sent()).toEqual([]);
    expect(outcome).toBeInstanceOf(InvalidInputError);
  });
});

describe("the revocation of a share code by its id", () => {
  // Hubs read only the beginning of an id, and would revoke the code "sc_1".
  it.each(["sc_1x", "sc_1 2", "sc_1,sc_2", "sc_1.5"])(
    "is refused for %j, since hubs would then revoke another code",
    async (id) => {
      const fetch = answering(() => answer("", { status: 204, type: null }));
      const outcome = await hubOf(fetch)
        .shareCodes.revoke("ada", { id })
        .catch((error: unknown) => error);
      expect(fetch.sent()).toEqual([]);
      expect(outcome).toBeInstanceOf(InvalidInputError);
    },
  );
});

describe("an empty list of scopes", () => {
  // Hubs read it as the default, access to the server: the opposite of what an empty list says.
  it.each<[string, (hub: JupyterHub) => Promise<unknown>]>([
    ["shares.grant", (hub) => hub.shares.grant("ada", { user: "grace", scopes: [] })],
    ["shareCodes.create", (hub) => hub.shareCodes.create("ada", { scopes: [] })],
  ])("is refused by %s, since hubs would then share access to the server", async (_, share) => {
    const fetch = answering(() => answer({ server, scopes: ["access:servers!server=ada/"] }));
    const outcome = await share(hubOf(fetch)).catch((error: unknown) => error);
    expect(fetch.sent()).toEqual([]);
    expect(outcome).toBeInstanceOf(InvalidInputError);
  });
});

// Tokens that a configuration sets (`c.JupyterHub.api_tokens`, a service's `api_token`) have 8 characters or more.
it.each(["short-secret", "12345678", "a-token-of-20-chars."])(
  "the token %j in place of its id is refused, and neither sent nor quoted",
  async (token) => {
    const fetch = answering();
    const { tokens } = hubOf(fetch);
    for (const call of [() => tokens.get("ada", token), () => tokens.revoke("ada", token)]) {
      const outcome = await call().catch((error: unknown) => error);
      expect(fetch.sent()).toEqual([]);
      expect(outcome).toBeInstanceOf(InvalidInputError);
      expect(String(outcome)).not.toContain(token);
    }
  },
);

// Python's `int` accepts these: hubs would revoke the tokens a10 and a11.
it.each(["a1_0", "a 11", "a+11", "a\u0661\u0661"])(
  "the malformed token id %j is refused, since hubs would revoke another token",
  async (id) => {
    const fetch = answering(() => answer("", { status: 204, type: null }));
    const outcome = await hubOf(fetch)
      .tokens.revoke("ada", id)
      .catch((error: unknown) => error);
    expect(fetch.sent()).toEqual([]);
    expect(outcome).toBeInstanceOf(InvalidInputError);
  },
);

describe("a connection of servers.fetch", () => {
  it("is not reused for a user if another user's token created it, after the user's own was refused", async () => {
    let current = "ada-1";
    const revoked = new Set<string>();
    const owners: Record<string, string> = { "ada-1": "ada", "ada-2": "ada", "grace-1": "grace" };
    const fetch = cluster({ whose: (token) => (revoked.has(token) ? undefined : owners[token]) });
    // After ada's logout, grace logs in.
    const { servers } = hubOf(fetch, {
      token: (refused) => {
        if (refused !== undefined) current = "grace-1";
        return current;
      },
    });
    // The client now knows that this token is ada's.
    await servers.fetch("ada", "/api");
    revoked.add("ada-1");
    // Grace's token creates this connection.
    await servers.fetch("ada", "/api", {}, { server: "gpu" });
    expect(received(fetch)).toEqual(["by-ada-1", "by-grace-2"]);
    current = "ada-2";
    await servers.fetch("ada", "/api", {}, { server: "gpu" });
    expect(received(fetch).at(-1)).toBe("by-ada-3");
  });

  it("is replaced after the server sent a request to the hub's login, since the token was revoked", async () => {
    const isOld = (token: string | null) => token === "Bearer by-ada-1";
    let isRevoked = false;
    const fetch = cluster({
      whose: (token) => (isRevoked && token === "by-ada-1" ? undefined : "ada"),
      // Jupyter servers answer so to a GET of a page or file; only their API answers 403.
      serves: ({ headers }) =>
        isRevoked && isOld(headers.get("Authorization"))
          ? answer("", {
              status: 302,
              type: null,
              headers: { Location: "/hub/api/oauth2/authorize?client_id=jupyterhub-user-ada" },
            })
          : answer(),
    });
    const { servers } = hubOf(fetch);
    await servers.fetch("ada", "/files/x.txt");
    isRevoked = true;
    await servers.fetch("ada", "/files/x.txt");
    const response = await servers.fetch("ada", "/files/x.txt");
    expect(response.status).toBe(200);
    expect(received(fetch)).toEqual(["by-ada-1", "by-ada-1", "by-ada-2"]);
  });
});

it("a server's 503 page is not read without a limit, since its application may send an endless one", async () => {
  const chunk = new Uint8Array(2 ** 20).fill(32);
  const most = 256;
  let sent = 0;
  const endless = (): Response =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += 1;
          // Ends the test if nobody else ends the stream.
          if (sent > most) controller.close();
          else controller.enqueue(chunk);
        },
      }),
      { status: 503, headers: { "Content-Type": "text/html" } },
    );
  const hub = hubOf(cluster({ serves: endless }), { maxResponseBytes: 2 ** 21 });
  const response = await hub.servers.fetch("ada", "/report");
  await response.body?.cancel();
  expect(response.status).toBe(503);
  expect(sent).toBeLessThan(most);
});

it.each(["data:,x", "about:blank", "hub.example.org:8443/user/ada/"])(
  "the malformed full_url %j leads to an error of this package",
  async (full_url) => {
    const hub = hubOf(cluster({ model: { full_url } }), { url: "http://10.0.0.1:8081" });
    expect(await rejectionOf(hub.servers.fetch("ada", "/api"))).toBeInstanceOf(JupyterHubError);
  },
);

describe("a secret is redacted", () => {
  it.each([
    // Servers and libraries for .NET and PHP write the digits of escapes in lower case, and leave the rest as it is.
    ["Pass/Word=1", "next=Pass%2fWord%3d1&x=1"],
    // Python's `quote` and `quote_plus` escape more characters than those of JavaScript.
    ["p*ss (word)!", "next=p%2Ass%20%28word%29%21&x=1"],
    ["p*ss (word)!", "next=p%2Ass+%28word%29%21&x=1"],
    ["it's~so", "next=it%27s~so&x=1"],
  ])("if %j is URL-encoded in %j", (secret, text) => {
    expect(withoutSecrets(text, [secret])).toBe("next=[redacted]&x=1");
  });

  it("if it is one of several values of one key in the query of an unknown route", async () => {
    const hub = hubOf(answering(({ url }) => refusal(404, `Nothing at ${new URL(url).search}`)));
    const url = `/custom?code=${secrets.value}&code=${secrets.password}`;
    const error = await rejectionOf(hub.client.get({ url, throwOnError: true }));
    expectNoSecret(error);
  });
});

// JUPYTERHUB_BASE_URL is the prefix, unlike the option `url`, which may or may not end in the hub's own path.
it.each(["/hub/", "/jupyter/hub/"])(
  "JUPYTERHUB_HOST leads to the hub's pages if the hub's base_url is %s",
  async (base) => {
    vi.stubEnv("JUPYTERHUB_API_URL", `http://10.0.0.1:8081${base}hub/api`);
    vi.stubEnv("JUPYTERHUB_API_TOKEN", secrets.token);
    vi.stubEnv("JUPYTERHUB_CLIENT_ID", "service-portal");
    vi.stubEnv("JUPYTERHUB_OAUTH_CALLBACK_URL", `${base}services/portal/oauth_callback`);
    vi.stubEnv("JUPYTERHUB_HOST", origin);
    vi.stubEnv("JUPYTERHUB_BASE_URL", base);
    const hub = new JupyterHub();
    expect(hub.url).toBe(`http://10.0.0.1:8081${base}hub/api`);
    const { url } = await hub.oauth.authorizeUrl();
    expect(url.split("?")[0]).toBe(`${origin}${base}hub/api/oauth2/authorize`);
    expect(hub.publicUrl).toBe(`${origin}${base}hub/`);
  },
);
