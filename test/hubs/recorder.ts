/** A `fetch` that notes which operations of a document went to a hub, and what it answered. */
import { isObject, objectAt, operationsOf } from "../mock/document.js";
import { corrected } from "../mock/documents.js";

export interface Recording {
  operation: string;
  status: number;
}

export interface Recorder {
  fetch: typeof fetch;
  readonly seen: readonly Recording[];
}

const documented = operationsOf(corrected());

/** Every operation of the corrected document: "GET /users/{name}". */
export const operations: readonly string[] = documented.map(({ key }) => key);

const patterns = operations.map((key) => {
  const [method = "", path = ""] = key.split(" ");
  // An empty name is the default server's: /shares/ada/
  const source = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === "server_name" ? "[^/]*" : "[^/]+",
  );
  return { key, method, pattern: new RegExp(`^${source}$`), literal: !path.includes("{") };
});

/** The operation that a request is for. */
export function operationOf(method: string, path: string): string | undefined {
  const fitting = patterns.filter((one) => one.method === method && one.pattern.test(path));
  return (fitting.find(({ literal }) => literal) ?? fitting[0])?.key;
}

export function record(apiUrl: string): Recorder {
  const base = new URL(apiUrl).pathname;
  const seen: Recording[] = [];
  return {
    seen,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const response = await fetch(request);
      const path = new URL(request.url).pathname.slice(base.length);
      const operation = operationOf(request.method, path) ?? `${request.method} ${path}`;
      seen.push({ operation, status: response.status });
      return response;
    },
  };
}

/** The statuses that the document declares for an operation. */
export function declaredStatuses(operation: string): string[] {
  const found = documented.find(({ key }) => key === operation);
  const responses = found ? objectAt(found.operation, "responses") : {};
  return isObject(responses) ? Object.keys(responses) : [];
}
