/** The stack of an error that comes long after its call: it names the line of the program that made the call. */
import { describe, expect, it } from "vitest";
import type { JupyterHub } from "../../src/index.js";
import { answering, hubOf, refusal, rejectionOf } from "../unit/helpers.js";

/** A hub that refuses everything, after a turn of the loop. */
const refusing = () =>
  hubOf(
    answering(async () => {
      await new Promise(setImmediate);
      return refusal(404, "No such user");
    }),
  );

/** What comes of an iteration that other code runs. */
async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("the stack of an error names the line of the user", () => {
  it.each<[what: string, call: (hub: JupyterHub) => AsyncIterable<{ error?: unknown }>]>([
    ["many starts", (hub) => hub.servers.startMany(["ada", "grace"])],
    ["many stops", (hub) => hub.servers.stopMany(["ada", "grace"])],
  ])("that is in a result of %s", async (_, call) => {
    const theProgramOfTheUser = () => call(refusing());
    const results = await all(theProgramOfTheUser());
    expect(results).toHaveLength(2);
    for (const { error } of results) {
      expect((error as Error).stack).toMatch(/^NotFoundError: /);
      expect((error as Error).stack).toContain("theProgramOfTheUser");
    }
  });

  it("that ends the progress of a start", async () => {
    const theProgramOfTheUser = () => refusing().servers.progress("ada");
    const error = (await rejectionOf(all(theProgramOfTheUser()))) as Error;
    expect(error.stack).toMatch(/^NotFoundError: /);
    expect(error.stack).toContain("theProgramOfTheUser");
  });

  it("that says that a listing took too long", async () => {
    const hub = hubOf(answering(() => new Promise(() => {})));
    const theProgramOfTheUser = () => hub.users.list({}, { timeout: 1 });
    const error = (await rejectionOf(theProgramOfTheUser())) as Error;
    expect(error.stack).toMatch(/^TimeoutError: The listing was not complete/);
    expect(error.stack).toContain("theProgramOfTheUser");
  });
});
