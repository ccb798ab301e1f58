/** Tests which release's contract applies to a hub. */
import { expect, it } from "vitest";
import { closestRelease } from "../../src/testing/contract/releases.js";

it.each([
  ["1.2.2", "1.2.2"],
  ["1.2.0", "1.2.2"],
  ["1.4.1", "1.5.1"],
  ["4.0.2", "4.1.6"],
  ["5.2.1", "5.5.4"],
  ["6.2.0.dev", "6.1.1"],
  ["7.0.0", "6.1.1"],
  ["0.9.4", "1.2.2"],
])("a hub of version %s is compared with the API of JupyterHub %s", (version, release) => {
  expect(closestRelease(version)).toBe(release);
});
