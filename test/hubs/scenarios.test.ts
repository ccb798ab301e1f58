/**
 * Checks that a real hub's responses to the scenarios match the recording. The fake hub is tested against the same
 * recording. If HUB_RECORD is set (`npm run test:hub -- --write` sets it), first writes the responses as the new
 * recording.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { readRecording, recorded, writeRecording } from "../scenarios/recording.js";
import { runScenarios } from "../scenarios/runner.js";
import { scenariosOf, suites } from "../scenarios/suites.js";
import { startHub } from "./hub.js";
import { release } from "./hub-fixture.js";

describe.each(suites)("the scenarios of a $name hub", ({ name, config, ...suite }) => {
  it("get the recorded responses", { timeout: 240_000 }, async () => {
    const scenarios = scenariosOf({ name, ...suite }, release);
    await using hub = await startHub(release, config ? { extraConfig: config.join("\n") } : {});
    const results = await runScenarios(scenarios, {
      url: hub.url,
      tokens: hub.tokens,
      fetch: (url, init) => fetch(url, init),
      pass: async (milliseconds) => sleep(milliseconds),
    });
    if (process.env["HUB_RECORD"] !== undefined) writeRecording(release, name, results);
    const answers = Object.fromEntries(
      [...results].map(([scenario, exchanges]) => [scenario, exchanges.map(recorded)]),
    );
    expect(answers).toEqual(readRecording(release, name));
  });
});
