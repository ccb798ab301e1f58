/** The smallest request for each operation of the tested release, and the operation's documented scopes. */
import { operationsOf } from "../../scripts/document.js";
import { keyOf } from "../../scripts/operation-table.js";
import { projectionOf } from "../../src/testing/mock/projection.js";
import { corrected } from "../mock/openapi-files.js";
import { mockCopy } from "../mock/mock-copy.js";
import { sampleRequests } from "../mock/sample-requests.js";
import { operationOf } from "./recorder.js";
import { release } from "./hub-fixture.js";

/** The OpenAPI document of the tested release. */
export const document = projectionOf(corrected(), release);

export interface Sample {
  /** The method and the path template. The default server may have its own path: "GET /shares/{owner}/". */
  key: string;
  /** The operation in the document, such as "GET /shares/{owner}/{server_name}". */
  operation: string;
  method: string;
  /** Returns the path below the API. `names` gives the value of each parameter. */
  path(names: (parameter: string) => string): string;
  body: string | null;
  /** The documented sets of scopes. A request needs all scopes of any one set. */
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
