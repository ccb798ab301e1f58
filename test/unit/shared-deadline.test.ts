/** A deadline over several requests: what its error says of the one that it ended. */
import { expect, it } from "vitest";
import { failure, useClock } from "../workflows/time.js";
import { breaking, busy, hubThat, never } from "./attempts.js";
import { answer } from "./helpers.js";

useClock();

const stops = () => answer("", { status: 202 });
const pending = () => answer({ name: "", pending: "stop", ready: false });

it.each<[string, Parameters<typeof hubThat>[0], object]>([
  ["a change under way may have been made", [never], { outcome: "unknown" }],
  ["a question under way changes nothing", [stops, never], { outcome: undefined }],
  ["nothing is under way between two looks", [stops, pending], { outcome: undefined }],
  [
    "how the last attempt failed is its cause",
    [stops, breaking, never],
    { outcome: undefined, cause: { name: "ConnectionError" } },
  ],
  [
    "a change that was put off was not made",
    [() => busy("40")],
    { outcome: undefined, cause: { name: "RateLimitError" } },
  ],
])("%s", async (_, answers, expected) => {
  const { hub } = hubThat([() => answer({ version: "6.1.1" }), ...answers]);
  await hub.version();
  const error = await failure(hub.servers.stop("ada", {}, { timeout: 20_000 }));
  expect(error).toMatchObject({ name: "TimeoutError", timeout: 20_000, ...expected });
});
