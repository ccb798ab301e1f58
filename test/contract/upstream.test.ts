/**
 * Validates every request of every method against each of JupyterHub's own documents that has the operation. Accepts no
 * violations except the known gaps.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releases } from "../../scripts/known-releases.js";
import { isAtLeast } from "../../src/core/version.js";
import { JupyterHub, UnsupportedByHubError } from "../../src/index.js";
import { operationsOf } from "../../src/testing/mock/document.js";
import { upstream } from "../mock/openapi-files.js";
import { mockCopy } from "../mock/mock-copy.js";
import { startPrism, type Prism } from "../../src/testing/mock/prism.js";
import { createContractRecorder } from "../mock/contract-recorder.js";
import { calls, oauth, titleOf } from "./calls.js";
import { gaps } from "./document-gaps.js";
import { stateful } from "./stateful.js";

describe.each(releases)("the document of JupyterHub %s", (version) => {
  const document = upstream(version);
  const mock = mockCopy(document, { version });
  const operations = new Set(operationsOf(document).map(({ key }) => key));
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism(mock);
  });
  afterAll(() => prism.close());

  const known = calls.filter(({ sends }) => sends.every((operation) => operations.has(operation)));
  const rows = known.map((call) => ({ ...call, title: titleOf(call) }));
  const mistakes = gaps.filter(
    ({ from = "0", before = "99" }) => isAtLeast(version, from) && !isAtLeast(version, before),
  );
  const met = new Set<(typeof gaps)[number]>();

  const open = (prefer?: Readonly<Record<string, string>>) => {
    const recorder = createContractRecorder(mock, {
      prefer: (operation) => prefer?.[operation],
      forgive: (operation, breach) => {
        const gap = mistakes.find(
          (one) => one.operations.includes(operation) && one.violation.test(breach),
        );
        if (gap) met.add(gap);
        return gap !== undefined;
      },
    });
    // Correction A13: hubs since 6.0 have this route, but their document lacks it.
    const withoutDefaultModel = !operations.has("GET /users/{name}/server");
    const fetch = stateful(recorder, { version, withoutDefaultModel });
    return {
      recorder,
      hub: new JupyterHub({ url: prism.url, token: "a-token", oauth, fetch }),
    };
  };

  const possible = rows.filter(({ since }) => !since || isAtLeast(version, since));
  it.each(possible)("accepts the requests of $title", async (call) => {
    const { recorder, hub } = open(call.prefer);
    // The results are not checked, since many examples of these documents are wrong.
    const failure: unknown = await call.run(hub).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(recorder.problems).toEqual([]);
    expect(recorder.calls).toEqual(expect.arrayContaining([...call.sends]));
    expect(failure).not.toBeInstanceOf(UnsupportedByHubError);
  });

  it("has every gap that the table lists for it", () => {
    expect(mistakes.filter((gap) => !met.has(gap)).map(({ why }) => why)).toEqual([]);
  });

  const refused = rows.filter(({ since }) => since && !isAtLeast(version, since));
  if (refused.length > 0) {
    it.each(refused)(
      "is too old for $title, which needs hub $since and therefore sends no request",
      async (call) => {
        const { recorder, hub } = open(call.prefer);
        await expect(call.run(hub)).rejects.toBeInstanceOf(UnsupportedByHubError);
        // Reads that precede the refused operation are allowed.
        expect(recorder.calls).not.toContain(call.sends.at(-1));
      },
    );
  }

  it("has only operations that the calls send, and four for which the package has no method", () => {
    const sent = new Set(known.flatMap(({ sends }) => sends));
    const untried = [...operations].filter((operation) => !sent.has(operation));
    expect(untried.toSorted()).toEqual([
      "GET /authorizations/cookie/{cookie_name}/{cookie_value}",
      "GET /authorizations/token/{token}",
      "GET /oauth2/authorize",
      "POST /authorizations/token",
    ]);
  });
});
