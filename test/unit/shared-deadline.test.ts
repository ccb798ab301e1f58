/** A deadline over several requests: what its error says about the interrupted request. */
import { expect, it } from "vitest";
import { failure, useClock } from "../workflows/time.js";
import { breaking, busy, hubThat, never } from "./attempts.js";
import { answer } from "./helpers.js";

useClock();

const stops = () => answer("", { status: 202 });
const pending = () => answer({ name: "", pending: "stop", ready: false });

it.each<[string, Parameters<typeof hubThat>[0], object]>([
  ["a write in flight has an unknown outcome", [never], { outcome: "unknown" }],
  ["a read in flight has no outcome", [stops, never], { outcome: undefined }],
  ["between two reads nothing is in flight", [stops, pending], { outcome: undefined }],
  [
    "the cause is the failure of the last attempt",
    [stops, breaking, never],
    { outcome: undefined, cause: { name: "ConnectionError" } },
  ],
  [
    "a write that waits for its retry was not carried out",
    [() => busy("40")],
    { outcome: undefined, cause: { name: "RateLimitError" } },
  ],
])("%s", async (_, answers, expected) => {
  const { hub } = hubThat([() => answer({ version: "6.1.1" }), ...answers]);
  await hub.version();
  const error = await failure(hub.servers.stop("ada", {}, { timeout: 20_000 }));
  expect(error).toMatchObject({ name: "TimeoutError", timeout: 20_000, ...expected });
});
