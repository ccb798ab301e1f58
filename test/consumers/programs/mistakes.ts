/** Mistakes that no supported compiler may accept. */
import {
  JupyterHub,
  type ConflictError,
  type Feature,
  type NotFoundError,
  type Scope,
} from "jupyterhub-client";
import { createClient, getUser } from "jupyterhub-client/api";
import type { Fault } from "jupyterhub-client/testing";

const hub = new JupyterHub();
const client = createClient();

// @ts-expect-error: the key is not known to the hub
void hub.users.list({ stat: "active" });
// @ts-expect-error: the value is not known to the hub
void hub.users.list({ state: "asleep" });
// @ts-expect-error: the option does not exist
void hub.users.get("ada", {}, { timeOut: 1000 });
// @ts-expect-error: the option of the client does not exist
void new JupyterHub({ tokn: "a-token" });
// @ts-expect-error: the name is missing
void hub.users.get();
// @ts-expect-error: the name is missing
void getUser({ client });
// @ts-expect-error: the name is missing
void getUser({ client, path: {} });
// @ts-expect-error: there is no such scope
void ("read:user" satisfies Scope);
// @ts-expect-error: there is no such feature
void hub.supports("sharing" satisfies Feature);
// @ts-expect-error: a list is needed, not one name
void hub.users.createMany({ usernames: "ada" });
// @ts-expect-error: the server's name belongs in an object
void hub.servers.stop("ada", "gpu");
// @ts-expect-error: the package has no such export
void import("jupyterhub-client").then(({ createHub }) => createHub);
// @ts-expect-error: the classes of errors differ by name
void ((error: NotFoundError): ConflictError => error);
// @ts-expect-error: a list of targets is needed, not one name
void hub.servers.startMany("ada");
// @ts-expect-error: a list of targets is needed, not one name
void hub.servers.stopMany("ada");
// @ts-expect-error: only named servers can be created
void hub.servers.create("ada", {});
// @ts-expect-error: only named servers can be deleted
void ((server: string | undefined) => hub.servers.delete("ada", { server }));
// @ts-expect-error: a fault does something
void ({} satisfies Fault);
// @ts-expect-error: a fault does one thing
void ({ status: 503, stall: true } satisfies Fault);
