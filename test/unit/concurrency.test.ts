/** `maxConcurrency` of a client and of the clients derived from it. */
import { describe, expect, it } from "vitest";
import { answer, answering, hubOf } from "./helpers.js";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("maxConcurrency", () => {
  it("is rounded up to a whole number of calls", async () => {
    let running = 0;
    let most = 0;
    const fetch = answering(async () => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      return answer({ name: "ada" });
    });
    const { users } = hubOf(fetch, { maxConcurrency: 1.5 });
    await Promise.all(Array.from({ length: 40 }, () => users.get("ada")));
    expect(most).toBe(2);
  });

  it.each([
    [1, 1],
    [16, 16],
  ])(
    "of %i leads to no deadlock if %i calls run at once and their token functions use the parent client",
    async (maxConcurrency, calls) => {
      const fetch = answering(({ method }) =>
        method === "POST"
          ? answer({ id: "a1", token: "created" }, { status: 201 })
          : answer({ name: "ada" }),
      );
      const admin = hubOf(fetch, { token: async () => "admin-token", maxConcurrency });
      const user = admin.withOptions({
        token: async () => (await admin.tokens.create("ada")).token,
      });
      const got = await Promise.all(Array.from({ length: calls }, () => user.users.get("ada")));
      expect(got).toHaveLength(calls);
    },
  );
});
