/** The smallest request of every operation that a hub of this release has, and the scopes it needs by the document. */
import { operationsOf } from "../../scripts/document.js";
import { keyOf } from "../../scripts/operation-table.js";
import { projectionOf } from "../../scripts/projection.js";
import { corrected } from "../mock/openapi-files.js";
import { mockCopy } from "../mock/mock-copy.js";
import { sampleRequests } from "../mock/sample-requests.js";
import { operationOf } from "./recorder.js";
import { release } from "./hub-fixture.js";

/** The document of the hub that is tested. */
export const document = projectionOf(corrected(), release);

export interface Sample {
  /** Method and path, also of `/shares/{owner}/` and its like: a default server's own route. */
  key: string;
  /** The operation that the document has: "GET /shares/{owner}/{server_name}". */
  operation: string;
  method: string;
  /** Below the API, with a name for each of its parameters. */
  path(names: (parameter: string) => string): string;
  body: string | null;
  /** The sets of scopes of which the operation needs one, by the document. */
  scopes: string[][];
}

const securityOf = new Map(
  operationsOf(document).map((one) => [keyOf(one), one.operation["security"]]),
);

export const samples: readonly Sample[] = sampleRequests(mockCopy(document, { version: release }))
  // The pages of OAuth are for browsers.
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
