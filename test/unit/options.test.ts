/** The options of a client, their defaults from the environment, and what a printed client shows. */
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient, getUser } from "../../src/api.js";
import { packageVersion } from "../../src/core/options.js";
import { InvalidInputError, JupyterHub, type JupyterHubOptions } from "../../src/index.js";
import manifest from "../../package.json" with { type: "json" };
import {
  answering,
  api,
  environmentNames,
  expectNoSecret,
  hubOf,
  origin,
  printed,
  secrets,
} from "./helpers.js";

beforeEach(() => {
  for (const name of environmentNames) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the url", () => {
  it("is normalised, and publicUrl is derived from it", () => {
    const hub = new JupyterHub({ url: "https://example.org/prefix/" });
    expect(hub.url).toBe("https://example.org/prefix/hub/api");
    expect(hub.publicUrl).toBe("https://example.org/prefix/hub/");
  });

  it.each([{}, { url: undefined }, { url: undefined, token: secrets.token }])(
    "is required: case %#",
    (options) => {
      expect(() => new JupyterHub(options)).toThrow(InvalidInputError);
      expect(() => new JupyterHub(options)).toThrow(
        /^No url\. Give one, .* set JUPYTERHUB_API_URL/,
      );
      expect(() => createClient(options)).toThrow(InvalidInputError);
    },
  );

  it("is reported as missing if JUPYTERHUB_API_URL is empty, and as invalid if the option is empty", () => {
    vi.stubEnv("JUPYTERHUB_API_URL", "");
    expect(() => new JupyterHub()).toThrow(/^No url/);
    vi.stubEnv("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api");
    expect(() => new JupyterHub({ url: "" })).toThrow(/must be an absolute URL/);
  });
});

describe("the environment of a program that a hub started", () => {
  beforeEach(() => {
    vi.stubEnv("JUPYTERHUB_API_URL", "http://10.0.0.1:8081/pre/hub/api");
    vi.stubEnv("JUPYTERHUB_API_TOKEN", `${secrets.token}-of-the-environment`);
    vi.stubEnv("JUPYTERHUB_PUBLIC_HUB_URL", "https://hub.example.org/pre/hub/");
  });
  const sentToken = async (options: JupyterHubOptions): Promise<string | null | undefined> => {
    const fetch = answering();
    await new JupyterHub({ ...options, fetch }).users.get("ada");
    return fetch.requests[0]?.headers.get("Authorization");
  };

  it("provides url, publicUrl and token", async () => {
    const hub = new JupyterHub();
    expect(hub.url).toBe("http://10.0.0.1:8081/pre/hub/api");
    expect(hub.publicUrl).toBe("https://hub.example.org/pre/hub/");
    expect(await sentToken({})).toBe(`Bearer ${secrets.token}-of-the-environment`);
  });

  it("provides the url to a client for raw functions", async () => {
    const fetch = answering();
    await getUser({ client: createClient({ fetch }), path: { name: "ada" }, throwOnError: true });
    expect(fetch.requests[0]?.url).toBe("http://10.0.0.1:8081/pre/hub/api/users/ada");
  });

  it("is read by the constructor, not at import or by a call", async () => {
    const fetch = answering();
    const hub = new JupyterHub({ fetch });
    vi.stubEnv("JUPYTERHUB_API_TOKEN", "another");
    await hub.users.get("ada");
    expect(fetch.requests[0]?.headers.get("Authorization")).toContain(secrets.token);
  });

  it("is overridden by the options", async () => {
    const options = { url: origin, publicUrl: "https://people.example.org", token: "given" };
    const hub = new JupyterHub(options);
    expect(hub.url).toBe(api);
    expect(hub.publicUrl).toBe("https://people.example.org/hub/");
    expect(await sentToken(options)).toBe("Bearer given");
  });

  it("provides the public address of a hub with subdomains through two variables", () => {
    vi.stubEnv("JUPYTERHUB_PUBLIC_HUB_URL", "");
    vi.stubEnv("JUPYTERHUB_HOST", "https://hub.example.org");
    vi.stubEnv("JUPYTERHUB_BASE_URL", "/pre/");
    expect(new JupyterHub().publicUrl).toBe("https://hub.example.org/pre/hub/");
    expect(new JupyterHub({ url: "https://elsewhere.example" }).publicUrl).toBe(
      "https://elsewhere.example/hub/",
    );
  });

  it.each(["JUPYTERHUB_API_TOKEN", "JUPYTERHUB_PUBLIC_HUB_URL"])(
    "provides no value if the variable is empty: %s",
    async (name) => {
      vi.stubEnv(name, "");
      const hub = new JupyterHub();
      const [publicUrl, token] =
        name === "JUPYTERHUB_API_TOKEN"
          ? ["https://hub.example.org/pre/hub/", null]
          : ["http://10.0.0.1:8081/pre/hub/", `Bearer ${secrets.token}-of-the-environment`];
      expect(hub.publicUrl).toBe(publicUrl);
      expect(await sentToken({})).toBe(token);
    },
  );

  it("leads to an error that names JUPYTERHUB_API_URL if that url is invalid", () => {
    vi.stubEnv("JUPYTERHUB_API_URL", "hub:8081");
    expect(() => new JupyterHub()).toThrow(/^The JUPYTERHUB_API_URL must be an absolute URL/);
  });

  it("is ignored by a client with the url of another hub, even if JUPYTERHUB_API_URL is invalid", () => {
    vi.stubEnv("JUPYTERHUB_API_URL", "hub:8081");
    expect(new JupyterHub({ url: origin }).url).toBe(api);
  });
});

describe("a runtime without an environment, such as a browser", () => {
  it("requires the url as an option", () => {
    vi.stubGlobal("process", undefined);
    try {
      expect(new JupyterHub({ url: origin }).url).toBe(api);
      expect(() => new JupyterHub()).toThrow(/^No url/);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe("a numeric option", () => {
  it.each(
    [0, -1, Number.NaN, "30000", null, true].flatMap((value) => [
      ["timeout", value],
      ["maxConcurrency", value],
    ]),
  )("is refused unless it is null or a number above 0: %s, %j", (name, value) => {
    const options = { url: origin, [name as string]: value } as JupyterHubOptions;
    // Null means the default, as undefined does.
    if (value === null) expect(() => new JupyterHub(options)).not.toThrow();
    else expect(() => new JupyterHub(options)).toThrow(`The ${name} must be a number above 0.`);
  });

  it("may be Infinity", () => {
    const options = { url: origin, timeout: Infinity, maxConcurrency: Infinity };
    expect(() => new JupyterHub(options)).not.toThrow();
  });
});

describe("an option that is neither a number nor a string", () => {
  it.each<[name: string, value: unknown]>([
    ["allowInsecure", "false"],
    ["allowInsecure", 0],
    ["middleware", "log"],
    ["middleware", [() => {}, "log"]],
    ["fetch", "fetch"],
  ])("is refused if its value has the wrong type: %s, %j", (name, value) => {
    expect(() => new JupyterHub({ url: origin, [name]: value })).toThrow(`The ${name} must be `);
  });
});

describe("the User-Agent", () => {
  const userAgentOf = async (options: JupyterHubOptions): Promise<string | null | undefined> => {
    const fetch = answering();
    await hubOf(fetch, options).users.get("ada");
    return fetch.requests[0]?.headers.get("User-Agent");
  };

  it("starts with the appName", async () => {
    expect(await userAgentOf({})).toBe(`jupyterhub-client/${packageVersion}`);
    expect(await userAgentOf({ appName: "" })).toBe(`jupyterhub-client/${packageVersion}`);
    expect(await userAgentOf({ appName: "reaper/2" })).toBe(
      `reaper/2 jupyterhub-client/${packageVersion}`,
    );
    expect(await userAgentOf({ headers: { "user-agent": "mine" } })).toBe("mine");
  });

  it("contains the package's version", () => {
    expect(packageVersion).toBe(manifest.version);
  });
});

describe("a client whose options object is changed afterwards", () => {
  it("keeps its fetch and its authScheme", async () => {
    const fetch = answering();
    const other = answering();
    const options: JupyterHubOptions = { url: origin, token: secrets.token, fetch };
    const hub = new JupyterHub(options);
    Object.assign(options, { fetch: other, authScheme: "token" });
    await hub.whoami();
    expect(other.requests).toEqual([]);
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(`Bearer ${secrets.token}`);
  });
});

describe("a client that is printed", () => {
  const hub = hubOf(answering(), {
    headers: { "X-Gateway": secrets.value },
    token: secrets.token,
  });
  it.each([
    ["the hub", hub],
    ["its client", hub.client],
    ["a client for raw functions", createClient({ url: origin, token: secrets.token })],
    ["a group of its methods", hub.tokens],
  ])("shows no secret: %s", (_, value) => {
    expectNoSecret(value);
    expectNoSecret({ nested: [value] });
    expect(String(value)).not.toContain(secrets.token);
  });

  it("shows the hub's url", () => {
    expect(inspect(hub)).toContain(api);
    expect(JSON.stringify(hub)).toContain(api);
  });

  it("would fail these tests if it contained a secret", () => {
    expect(printed({ deep: { token: secrets.token } })).toContain(secrets.token);
    expect(printed(new Error("x", { cause: new Error(secrets.token) }))).toContain(secrets.token);
  });
});
