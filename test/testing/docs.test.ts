/** Checks that each test in docs/testing.md is an exact copy of a test file, which the test suite runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../spec/root.js";

const text = readFileSync(join(root, "docs/testing.md"), "utf8");
const blocks = [...text.matchAll(/```ts file=(\S+)\n([^]*?)```/g)];

it.each(blocks.map(([, file = "", code]) => ({ file, code })))(
  "$file is in docs/testing.md unchanged",
  ({ file, code }) => {
    expect(code).toBe(readFileSync(join(root, file), "utf8"));
  },
);

it("docs/testing.md contains at least one test", () => {
  expect(blocks.length).toBeGreaterThan(0);
});
