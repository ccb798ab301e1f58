/**
 * Compares each response of the fake hub with the recorded response of a real hub, and with the contract of the
 * release. Each request is a test of its own.
 */
import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { releases } from "../../scripts/known-releases.js";
import { isAtLeast } from "../../src/core/version.js";
import { operationOf } from "../hubs/recorder.js";
import { responseViolations } from "../../src/testing/contract/check.js";
import { loadContract } from "../../src/testing/contract/releases.js";
import { readRecording, recorded } from "./recording.js";
import { runScenarios, type Exchange } from "./runner.js";
import type { Suite } from "./scenario.js";
import { scenariosOf, suites } from "./suites.js";
import { fakeTarget } from "./target.js";

const versions = releases.filter((version) => isAtLeast(version, "4.1"));
const fewestChecks = 150;

/** The known contract violations of real hubs before 5.0, keyed by release and response. */
const deviations = load(
  readFileSync(new URL("../hubs/deviations.yaml", import.meta.url), "utf8"),
) as Record<string, Record<string, string[]>>;

/** Bugs of real hubs that violate the contract, and that the fake hub copies. The client hides them from its users. */
const bugs: Readonly<Record<string, readonly string[]>> = {
  // Renaming a user to its own name destroys the user.
  "PATCH /users/{name} 200": ["/name: must be string"],
  // Before 5.0, a filtered scope hides fields that the document requires.
  "POST /users 201": [
    "/*: must have required property 'kind'",
    "/*: must have required property 'name'",
  ],
};

for (const version of versions) {
  const contract = await loadContract(version);
  const declared = new Set(Object.keys(contract.operations));

  describe(`the fake hub ${version}`, async () => {
    const runs = await Promise.all(suites.map(async (suite) => run(suite, version)));
    const checks = runs.flat();

    it.each(checks)(
      "answers as a real hub does: $suite, $scenario, $position: $request",
      ({ expected, answer, operation }) => {
        expect(recorded(answer)).toEqual(expected);
        if (!declared.has(operation)) return;
        const { status, mediaType, raw } = answer;
        const key = `${operation} ${status}`;
        const known = new Set([...(bugs[key] ?? []), ...(deviations[version]?.[key] ?? [])]);
        const violations = responseViolations(contract, {
          operation,
          status,
          mediaType,
          body: raw,
        });
        expect(violations.filter((one) => !known.has(one))).toEqual([]);
      },
    );

    it(`receives a request for every operation of its release, and more than ${fewestChecks} requests in all`, () => {
      const requested = new Set(checks.map(({ operation }) => operation));
      expect([...declared].filter((operation) => !requested.has(operation))).toEqual([]);
      expect(checks.length).toBeGreaterThan(fewestChecks);
    });
  });
}

interface Check {
  suite: string;
  scenario: string;
  /** The position of the request in the scenario, counted from 1. */
  position: number;
  request: string;
  operation: string;
  answer: Exchange;
  expected: unknown;
}

async function run(suite: Suite, version: string): Promise<Check[]> {
  const recording = readRecording(version, suite.name);
  const target = fakeTarget(version, suite.name);
  const results = await runScenarios(scenariosOf(suite, version), target);
  return [...results].flatMap(([scenario, answers]) =>
    answers.map((answer, index) => ({
      suite: suite.name,
      scenario,
      position: index + 1,
      request: answer.request,
      operation: operationOf(answer.method, answer.path || "/"),
      answer,
      expected: recording[scenario]?.[index],
    })),
  );
}
