/** Tests which problems the report lists after `npm run test:hub`. */
import { describe, expect, it } from "vitest";
import { problemsOf, unseenIn, type HubReport } from "../../scripts/hub-report.js";
import type { JsonObject } from "../../scripts/json.js";
import type { Answer } from "../hubs/validator.js";

const document: JsonObject = {
  paths: { "/users": { post: { responses: { 201: {}, 400: {}, "4XX": {} } } } },
};
const answered = (status: number): Answer => ({
  operation: "POST /users",
  status,
  mediaType: "application/json",
  body: "{}",
});

describe("a status that the document declares", () => {
  it.each([
    ["is not reported if it occurred", [201, 400, 409], []],
    ["is reported if it did not occur", [201, 409], ["POST /users 400"]],
    [
      "is reported if it is a range (4XX) and only separately declared statuses of the range occurred",
      [201, 400],
      ["POST /users 4XX"],
    ],
    [
      "is reported if the hub sent no response at all",
      [],
      ["POST /users 201", "POST /users 400", "POST /users 4XX"],
    ],
  ])("%s", (_, statuses, unseen) => {
    expect(Object.keys(unseenIn(document, statuses.map(answered))).toSorted()).toEqual(unseen);
  });
});

describe("the report of a run on real hubs", () => {
  const good: HubReport = {
    version: "6.1.1",
    answers: 3,
    operations: 1,
    sent: 1,
    failed: [],
    successes: 1,
    violations: 0,
    upstreamViolations: 0,
    upstreamSuccessViolations: 0,
    ways: 0,
    deviations: {},
    unseen: [],
  };

  it.each<[Partial<HubReport>, string[]]>([
    [{}, []],
    [{ sent: 0 }, ["1 operations were not sent"]],
    [{ failed: ["POST /users"] }, ["never succeeds: POST /users"]],
    [
      { unseen: ["User.name is never null"] },
      ["declared, but not observed: User.name is never null"],
    ],
    [
      { deviations: { "POST /users 201": ["/name: must be string"] } },
      ["deviates: POST /users 201: /name: must be string"],
    ],
  ])("lists the problems if the run's result contains %j", (fault, problems) => {
    expect(problemsOf({ ...good, ...fault })).toEqual(problems);
  });

  it("lists a known deviation of an older hub if the deviation no longer occurs", () => {
    const problems = problemsOf({ ...good, version: "1.2.2" });
    expect(problems).toContain(
      "no longer deviates: POST /users/{name}/tokens 200: the status 200 is not declared",
    );
  });
});
