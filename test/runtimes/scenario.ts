/**
 * The scenario that every runtime must complete with the packed package, over a real socket. It uses only the package
 * and globals that all runtimes have.
 */
import { JupyterHub, isJupyterHubError, type ProgressEvent } from "jupyterhub-client";
import { createClient, getUsers } from "jupyterhub-client/api";
import { assertContract, FakeHub } from "jupyterhub-client/testing";

/** Runs the checks, and resolves with the names of those that passed. Rejects at the first check that fails. */
export async function scenario(url: string, token: string): Promise<string[]> {
  const passed: string[] = [];
  const check = (what: string, holds: boolean): void => {
    if (!holds) throw new Error(`Does not hold: ${what}`);
    passed.push(what);
  };
  const errorOf = async (call: PromiseLike<unknown>): Promise<unknown> => {
    try {
      await call;
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const hub = new JupyterHub({ url, token, appName: "scenario" });
  const first = "user-000";

  check("the version is read", (await hub.version()) === "6.1.1");

  const users = await hub.users.list();
  check("a listing has every user", users.length === 450);
  check("each once", new Set(users.map(({ name }) => name)).size === users.length);
  let pages = 0;
  for await (const page of hub.users.list({ limit: 100 }).pages())
    pages += page.items.length > 0 ? 1 : 0;
  check("a listing comes page by page", pages > 4);
  const { data } = await getUsers({ client: createClient({ url, token }), query: { limit: 10 } });
  check("a raw operation has the same client", data !== undefined);

  const group = await hub.groups.get("staff");
  check("a 503 is retried", group.name === "staff");

  const start = hub.servers.start(first);
  const events: ProgressEvent[] = [];
  for await (const event of start) events.push(event);
  check(
    "a start passes its progress on",
    events.some(({ progress }) => progress === 50),
  );
  check("and resolves with the ready server", (await start).ready);
  await hub.servers.stop(first);
  check("a server stops", (await hub.users.get(first)).server === null);

  const missing = await errorOf(hub.users.get("nobody"));
  check("a 404 is a NotFoundError", isJupyterHubError(missing, "NotFoundError"));
  check("whose message has no token", !String(missing).includes(token));
  const invalid = await errorOf(hub.users.get(".."));
  check(
    "a name that changes the route is refused",
    isJupyterHubError(invalid, "InvalidInputError"),
  );
  const wrong = await errorOf(new JupyterHub({ url, token: "wrong" }).users.get(first));
  check("a wrong token is an error", isJupyterHubError(wrong));

  const controller = new AbortController();
  const reason = new Error("No longer needed");
  const aborted = errorOf(hub.services.get("never", { signal: controller.signal }));
  setTimeout(() => controller.abort(reason), 50);
  check("an abort rejects with its reason", (await aborted) === reason);
  const late = await errorOf(hub.services.get("never", { timeout: 100 }));
  check("a timeout is a TimeoutError", isJupyterHubError(late, "TimeoutError"));

  const temporary = await hub.tokens.createTemporary(first, { expires_in: 60 });
  check("a token is created", temporary.token.length > 0);
  await hub.tokens.revoke(first, temporary.id);
  const gone = await errorOf(hub.tokens.revoke(first, temporary.id));
  check("and gone once it is revoked", isJupyterHubError(gone, "NotFoundError"));

  const fake = new FakeHub({ users: ["ada"] });
  const asserting = assertContract(fake.fetch, { version: "6" });
  const inMemory = new JupyterHub({ url: fake.url, token: fake.token, fetch: asserting });
  check("a fake hub runs in memory", (await inMemory.users.list()).length === 1);
  const violation = await errorOf(asserting(`${fake.url}/users?limit=many`));
  check("and a wrong request to it is found", (violation as Error)?.name === "ContractError");
  return passed;
}
