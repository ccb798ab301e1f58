/** What README says of the code, held to the code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultsTable } from "../../scripts/defaults.js";
import { root } from "../spec/root.js";

const readme = readFileSync(join(root, "README.md"), "utf8");

describe("README", () => {
  it("has the defaults that the code goes by", () => {
    expect(readme).toContain(defaultsTable());
  });
});
