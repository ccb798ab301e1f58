import { expect, it } from "vitest";
import { assertContract, FakeHub, type Fetch } from "jupyterhub-client/testing";

/** The client under test: plain fetch. */
async function addUsers(fetch: Fetch, { url, token }: FakeHub, input: object): Promise<string[]> {
  const headers = { Authorization: `token ${token}`, "Content-Type": "application/json" };
  const body = JSON.stringify(input);
  const response = await fetch(`${url}/users`, { method: "POST", headers, body });
  return ((await response.json()) as { name: string }[]).map(({ name }) => name);
}

it("sends only valid requests", async () => {
  const fake = new FakeHub({ version: "6" });
  const fetch = assertContract(fake.fetch, { version: "6" });
  expect(await addUsers(fetch, fake, { usernames: ["ada"] })).toEqual(["ada"]);

  const wrongBody = addUsers(fetch, fake, { usernames: "ada" });
  await expect(wrongBody).rejects.toThrow("request body /usernames: must be array");
  const undeclaredField = addUsers(fetch, fake, { usernames: ["bob"], isAdmin: true });
  await expect(undeclaredField).rejects.toThrow("request body /isAdmin: is not declared");
});
