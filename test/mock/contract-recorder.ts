/**
 * A `fetch` for contract tests that forwards requests to Prism, and rejects if a request or response violates the
 * document. Each violation is also added to `problems`, because a client may treat the rejection as a lost connection
 * and retry. Tests must check that `problems` is empty.
 */
import { contractOf } from "../../scripts/contract-validators.js";
import { objectAt, type JsonObject } from "../../src/testing/mock/document.js";
import { exchange, operationOf } from "../../src/testing/mock/exchange.js";
import type { MockDocument } from "../../src/testing/mock/mock-copy.js";

export interface ContractRecorderOptions {
  /** The `Prefer` header for Prism ("code=404"): one for all operations, or a function that chooses it for each. */
  prefer?: string | ((operation: string) => string | undefined);
  /** Returns true if a violation is a known mistake of the document. The recorder then accepts it. */
  forgive?: (operation: string, breach: string) => boolean;
}

export interface ContractRecorder {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The operations called so far, in order: "GET /users/{name}". */
  readonly calls: readonly string[];
  /** Every violation so far. */
  readonly problems: readonly string[];
}

/** The contract of each mock, compiled once. */
const contracts = new WeakMap<MockDocument, ReturnType<typeof contractOf>>();

export function createContractRecorder(
  document: MockDocument,
  options: ContractRecorderOptions = {},
): ContractRecorder {
  const calls: string[] = [];
  const problems: string[] = [];
  const contract = contracts.get(document) ?? contractOf(byOperation(document));
  contracts.set(document, contract);

  const refuse = (request: Request, found: readonly string[]): never => {
    const { pathname, search } = new URL(request.url);
    const message = `${request.method} ${pathname}${search}: ${found.join("; ")}`;
    problems.push(message);
    throw new Error(message);
  };

  const recorder = async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    const { method, headers, signal } = request;
    const url = new URL(request.url);
    const operation = operationOf(document, method, url);
    if (!operation) return refuse(request, ["the document has no such operation"]);
    const { name } = operation;
    calls.push(name);
    const { prefer, forgive } = options;
    const sent = { method, url, headers, signal, text: await request.text() };
    const preference = typeof prefer === "function" ? prefer(name) : prefer;
    const { response, violations } = await exchange(contract, operation, sent, preference);
    const found = violations.filter((violation) => !forgive?.(name, violation));
    return response && found.length === 0 ? response : refuse(request, found);
  };
  return Object.assign(recorder, { calls, problems });
}

/** Returns the document with each path as in the original: removes the prefix that the copy for Prism adds. */
function byOperation(document: MockDocument): JsonObject {
  const paths = Object.entries(objectAt(document, "paths"));
  const named = paths.map(([path, item]) => [path.replace("/hub/api", ""), item]);
  return { ...document, paths: Object.fromEntries(named) as JsonObject };
}
