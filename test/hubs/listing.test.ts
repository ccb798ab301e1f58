/** A listing of a real hub is complete while a second client creates and deletes users. */
import { beforeAll, describe, expect, it } from "vitest";
import { JupyterHub, type ListOptions } from "jupyterhub-client";
import { itSince, useHubFixture } from "./hub-fixture.js";

const fixture = useHubFixture("listing", { extraConfig: "c.JupyterHub.api_page_max_limit = 50" });

const count = 1000;
const name = (index: number): string => `user-${index}`;
/** Returns true for a user that is never deleted. This holds for two of every three users. */
const isStaying = (one: string): boolean =>
  one.startsWith("user-") && Number(one.slice(5)) % 3 !== 0;
const staying = Array.from({ length: count }, (_, index) => name(index)).filter(isStaying);

/** Returns a client whose responses are not recorded: they are many, and show nothing new. */
const client = (): JupyterHub =>
  new JupyterHub({ url: fixture.real.url, token: fixture.real.tokens.admin });

/** Deletes users in the order of the listing, and creates new ones, until `stop` is called. */
async function churn() {
  const { users } = client();
  const everybody = (await users.list()).map((user) => user.name);
  const leaving = everybody.filter((one) => one !== fixture.real.adminUser && !isStaying(one));
  const state = { removed: 0, over: false };
  const work = async (): Promise<void> => {
    for (const one of leaving) {
      if (state.over) return;
      await users.delete(one);
      state.removed += 1;
      if (state.removed % 3 > 0) continue;
      await users.create(`new-${one}-${Date.now()}`);
      // To the hub, a user created again with the same name is new, and comes last in listings.
      await users.create(one);
    }
  };
  const done = work();
  const stop = (): Promise<void> => {
    state.over = true;
    return done;
  };
  return { state, stop };
}

describe(`${count} users in pages of 50`, () => {
  beforeAll(async () => {
    const { users } = client();
    for (let index = 0; index < count; index += 250) {
      const usernames = Array.from({ length: 250 }, (_, more) => name(index + more));
      await users.createMany({ usernames });
    }
  });

  const ways: [what: string, call: ListOptions][] = [
    ["with two pages in flight", {}],
    ["sequentially", { concurrency: 1 }],
    ["with eight pages in flight", { concurrency: 8 }],
  ];
  for (const [what, call] of ways) {
    itSince("4.0")(
      `are listed completely while others are created and deleted, ${what}`,
      async () => {
        const { state, stop } = await churn();
        try {
          for (let rounds = 0; rounds < 3 || state.removed < 20; rounds += 1) {
            const listed: string[] = [];
            for await (const user of client().users.list({}, call)) listed.push(user.name);
            expect(listed.filter(isStaying)).toEqual(staying);
            expect(listed.length).toBeGreaterThan(staying.length);
          }
        } finally {
          await stop();
        }
      },
    );
  }

  it("are counted and listed page by page", async () => {
    const listing = client().users.list();
    const { items, total, limit, next } = await listing.page({ offset: 100, limit: 500 });
    const all = await client().users.list();
    expect(items).toHaveLength(limit);
    expect({ total, items, next: next?.offset }).toEqual({
      total: all.length,
      items: all.slice(100, 100 + limit),
      next: all.length > 100 + limit ? 100 + limit : undefined,
    });
  });
});
