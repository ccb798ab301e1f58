/** Uses the test doubles, on compilers with or without `Symbol.asyncDispose`. */
import { JupyterHub } from "jupyterhub-client";
import { FakeHub, assertContract, startMockHub, type MockHub } from "jupyterhub-client/testing";

export async function listed(): Promise<number> {
  const fake = new FakeHub({ users: ["ada"], spawner: { seconds: 1 } });
  const fetch = assertContract((input, init) => fake.fetch(input, init), { version: "6" });
  const { url, token } = fake;
  const hub = new JupyterHub({ url, token, fetch: (input, init) => fetch(input, init) });
  const mock: MockHub = await startMockHub();
  await mock.stop();
  await fake.close();
  return (await hub.users.list()).length;
}
