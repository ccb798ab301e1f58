/** Replacements for `fetch`, also where the runtime's own `fetch` has a further property. */
import { JupyterHub, type Fetch } from "jupyterhub-client";
import { FakeHub, assertContract } from "jupyterhub-client/testing";

const fake = new FakeHub();
export const faked = new JupyterHub({ url: fake.url, token: fake.token, fetch: fake.fetch });
export const checked = faked.withOptions({ fetch: assertContract(fake.fetch, { version: "6" }) });
export const usual = faked.withOptions({ fetch });
const logged: Fetch = (input, init) => fetch(input, init);
export const wrapped = faked.withOptions({ fetch: logged });
