/** Users who exist throughout a listing appear in it exactly once, even if other users are created and deleted. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChangingHub, type Row } from "./changing-hub.js";

type Change = { add: true } | { remove: number } | { renew: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ add: fc.constant(true as const) }),
  { arbitrary: fc.record({ remove: fc.nat() }), weight: 4 },
  { arbitrary: fc.record({ renew: fc.nat() }), weight: 2 },
);

/** The changes before a response: usually none, sometimes many. */
const changes = fc.oneof(
  { arbitrary: fc.constant([]), weight: 2 },
  fc.array(change, { maxLength: 12 }),
);

function apply(hub: ChangingHub, what: Change, serial: number): void {
  const at = (index: number): string => hub.rows[index % hub.rows.length]?.name ?? "";
  if ("add" in what) hub.add(`new${serial}`);
  else if (hub.rows.length > 0) {
    const name = at("remove" in what ? what.remove : what.renew);
    hub.delete(name);
    if ("renew" in what) hub.add(name);
  }
}

describe("users who exist throughout a listing", () => {
  it("appear exactly once and in order, whatever happens to other users", async () => {
    let steppedBack = 0;
    const property = fc.asyncProperty(
      fc.record({
        count: fc.nat(60),
        limit: fc.integer({ min: 2, max: 12 }),
        max: fc.integer({ min: 2, max: 12 }),
        concurrency: fc.integer({ min: 1, max: 8 }),
        happens: fc.array(changes, { maxLength: 30 }),
        order: fc.array(fc.nat(), { minLength: 1, maxLength: 10 }),
      }),
      async ({ count, limit, max, concurrency, happens, order }) => {
        let [serial, turn] = [0, 0];
        const hub = new ChangingHub(count, {
          max,
          choose: (waiting) => (order[(turn += 1) % order.length] ?? 0) % waiting,
          before: (hub, answers) => {
            // The listing begins with the first response, so nothing changes before it.
            if (answers === 0) return;
            for (const one of happens[answers - 1] ?? []) apply(hub, one, (serial += 1));
          },
        });
        const atFirst = [...hub.rows];
        const listed = (await hub.client().users.list({ limit }, { concurrency })) as Row[];
        const throughout = atFirst.filter((row) => hub.rows.includes(row));
        const times = new Map<string, number>();
        for (const { created } of listed) times.set(created, (times.get(created) ?? 0) + 1);
        expect(
          listed.filter(({ created }) => throughout.some((row) => row.created === created)),
        ).toEqual(throughout);
        expect([...times.values()].filter((count) => count > 1)).toEqual([]);
        const offsets = hub.recorded.map(([offset]) => offset);
        if (offsets.some((offset, index) => offset < (offsets[index - 1] ?? 0))) steppedBack += 1;
      },
    );
    await fc.assert(property, { numRuns: 500 });
    // The test proves something only if many listings go back to earlier pages.
    expect(steppedBack).toBeGreaterThan(50);
  });
});
