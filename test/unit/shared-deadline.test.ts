/** If a call with several requests times out, its error describes the interrupted request. */
import { expect, it } from "vitest";
import { failure, useClock } from "../workflows/time.js";
import { breaking, busy, hubThat, never } from "./attempts.js";
import { answer } from "./helpers.js";

useClock();

const stops = () => answer("", { status: 202 });
const pending = () => answer({ name: "", pending: "stop", ready: false });

it.each<[string, Parameters<typeof hubThat>[0], object]>([
  ["a timeout during a write has an unknown outcome", [never], { outcome: "unknown" }],
  ["a timeout during a read has no outcome", [stops, never], { outcome: undefined }],
  ["a timeout between two reads has no outcome", [stops, pending], { outcome: undefined }],
  [
    "a timeout has the failure of the last attempt as its cause",
    [stops, breaking, never],
    { outcome: undefined, cause: { name: "ConnectionError" } },
  ],
  [
    "a timeout while a write waits for its retry has no outcome",
    [() => busy("40")],
    { outcome: undefined, cause: { name: "RateLimitError" } },
  ],
])("%s", async (_, answers, expected) => {
  const { hub } = hubThat([() => answer({ version: "6.1.1" }), ...answers]);
  await hub.version();
  const error = await failure(hub.servers.stop("ada", {}, { timeout: 20_000 }));
  expect(error).toMatchObject({ name: "TimeoutError", timeout: 20_000, ...expected });
});
