/** Checks that SECURITY.md states the limits that the code applies. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { maxText } from "../../src/core/redact.js";
import { maxEventLength } from "../../src/core/event-stream.js";
import { maxEntries, reuseTime } from "../../src/resources/connection-reuse.js";
import { maxEvents, maxEventsLength } from "../../src/workflows/progress.js";
import { root } from "./sources.js";

const text = readFileSync(join(root, "SECURITY.md"), "utf8");

it.each([
  `${maxText.toLocaleString("en")} characters | the rest is dropped`,
  `${maxEvents.toLocaleString("en")}, and ${maxEventsLength.toLocaleString("en")} characters`,
  `${maxEventLength.toLocaleString("en")} characters`,
  `${maxEntries.toLocaleString("en")}, each for at most ${reuseTime / 60_000} minutes`,
])("SECURITY.md says: %s", (limit) => {
  expect(text).toContain(limit);
});
