/** The smallest request of every operation of this release, with its documented scopes. */
import { operationsOf } from "../../scripts/document.js";
import { keyOf } from "../../scripts/operation-table.js";
import { projectionOf } from "../../src/testing/mock/projection.js";
import { corrected } from "../mock/openapi-files.js";
import { mockCopy } from "../mock/mock-copy.js";
import { sampleRequests } from "../mock/sample-requests.js";
import { operationOf } from "./recorder.js";
import { release } from "./hub-fixture.js";

/** The document of the tested hub. */
export const document = projectionOf(corrected(), release);

export interface Sample {
  /** Method and path, also of the default server's own route, such as `/shares/{owner}/`. */
  key: string;
  /** The operation in the document: "GET /shares/{owner}/{server_name}". */
  operation: string;
  method: string;
  /** The path below the API, with a name for each parameter. */
  path(names: (parameter: string) => string): string;
  body: string | null;
  /** The documented sets of scopes, one of which is required. */
  scopes: string[][];
}

const securityOf = new Map(
  operationsOf(document).map((one) => [keyOf(one), one.operation["security"]]),
);

export const samples: readonly Sample[] = sampleRequests(mockCopy(document, { version: release }))
  // The OAuth routes are for browsers.
  .filter(({ key }) => !key.includes("/oauth2/"))
  .map((sample) => {
    const key = sample.key.replace("/hub/api", "");
    const [method = "", template = ""] = key.split(" ");
    const { search } = new URL(sample.path, "http://x");
    const path = (names: (parameter: string) => string): string =>
      template.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => names(parameter)) + search;
    const operation = operationOf(
      method,
      path((name) => `no-${name}`),
    );
    const alternatives = (securityOf.get(operation) ?? []) as { oauth2?: string[] }[];
    return {
      key,
      operation,
      method,
      path,
      body: (sample.init.body ?? null) as string | null,
      scopes: alternatives.flatMap(({ oauth2 }) => (oauth2 ? [oauth2] : [])),
    };
  });
