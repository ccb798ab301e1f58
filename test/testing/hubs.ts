/** Fake hubs and their clients, for the tests of the package's own test tools. */
import { JupyterHub, type JupyterHubOptions } from "../../src/index.js";
import { FakeHub, type FakeHubOptions } from "../../src/testing/index.js";

export const clientOf = (fake: FakeHub, options: JupyterHubOptions = {}): JupyterHub =>
  new JupyterHub({ url: fake.url, token: fake.token, fetch: fake.fetch, ...options });

/** Returns a fake hub whose time the test controls, and a client of the hub. */
export function openFake(options: FakeHubOptions = {}): { fake: FakeHub; hub: JupyterHub } {
  const fake = new FakeHub({ time: "manual", users: ["ada"], ...options });
  return { fake, hub: clientOf(fake) };
}

/** Sends a request directly, not through the client, with a token that has all scopes. */
export const ask = async (
  fake: FakeHub,
  operation: string,
  init: RequestInit = {},
): Promise<Response> => {
  const [method = "", path = ""] = operation.split(" ");
  return fake.fetch(fake.url + path, {
    method,
    headers: { Authorization: `token ${fake.token}` },
    ...init,
  });
};

/** Returns the state of a server of the user ada, as the hub's API shows it. */
export async function serverOf(
  fake: FakeHub,
  name = "",
): Promise<{ ready: boolean; pending: string | null } | undefined> {
  const response = await ask(fake, "GET /users/ada?include_stopped_servers=1");
  const { servers } = (await response.json()) as {
    servers: Record<string, { ready: boolean; pending: string | null }>;
  };
  return servers[name];
}

/** Resolves with the error that a promise rejects with, or with undefined if the promise fulfils. */
export const rejection = async (promise: PromiseLike<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
