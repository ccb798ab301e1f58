/**
 * A `fetch` that records a hub's responses to each operation, for the report after the run.
 *
 * Recordings are in .cache/recordings/<version>/, one file per test file. Secrets in the responses are redacted.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { operationsOf } from "../../src/testing/mock/document.js";
import { corrected } from "../mock/openapi-files.js";
import type { Answer } from "./validator.js";

export interface Recorder {
  fetch: typeof fetch;
  readonly seen: readonly Answer[];
  /** Saves the responses so far in the recording `name` of this hub version. */
  save(version: string, name: string): void;
}

const folder = fileURLToPath(new URL("../../.cache/recordings", import.meta.url));

const patterns = operationsOf(corrected()).map(({ key }) => {
  const [method = "", path = ""] = key.split(" ");
  // The default server has an empty name in a path: /shares/ada/
  const source = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === "server_name" ? "[^/]*" : "[^/]+",
  );
  return { key, method, pattern: new RegExp(`^${source}$`), literal: !path.includes("{") };
});

/** Returns the operation that a request calls, such as "GET /users/{name}". */
export function operationOf(method: string, path: string): string {
  const fitting = patterns.filter((one) => one.method === method && one.pattern.test(path));
  return (fitting.find(({ literal }) => literal) ?? fitting[0])?.key ?? `${method} ${path}`;
}

export function record(apiUrl: string): Recorder {
  const base = new URL(apiUrl).pathname;
  const seen: Answer[] = [];
  return {
    seen,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      // Responses of users' servers are not recorded, since they are not the hub's.
      if (!request.url.startsWith(apiUrl)) return fetch(request);
      const response = await fetch(request, { redirect: "manual" });
      const answer: Answer = {
        operation: operationOf(request.method, new URL(request.url).pathname.slice(base.length)),
        status: response.status,
        mediaType: mediaTypeOf(response),
        body: "",
      };
      // A response without this header comes from a proxy.
      if (response.headers.has("X-JupyterHub-Version")) seen.push(answer);
      if (answer.mediaType === "text/event-stream" && response.body) {
        return new Response(response.body.pipeThrough(recordingEvents(answer)), response);
      }
      const body = await response.text();
      answer.body = withoutSecrets(body);
      const empty = response.status === 204 || response.status === 304;
      const copy = new Response(empty ? null : body, response);
      Object.defineProperty(copy, "url", { value: response.url });
      return copy;
    },
    save(version, name) {
      mkdirSync(join(folder, version), { recursive: true });
      writeFileSync(join(folder, version, `${name}.json`), JSON.stringify(seen));
    },
  };
}

/** Returns all recorded responses of a hub version. */
export const recordings = (version: string): Answer[] =>
  readdirSync(join(folder, version)).flatMap(
    (name) => JSON.parse(readFileSync(join(folder, version, name), "utf8")) as Answer[],
  );

export const clearRecordings = (version: string): void =>
  rmSync(join(folder, version), { recursive: true, force: true });

/** Passes a stream on unchanged, and records each event once it is complete. */
function recordingEvents(answer: Answer): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let text = "";
  return new TransformStream({
    transform(chunk, controller) {
      text += decoder.decode(chunk, { stream: true });
      answer.body = text.slice(0, text.lastIndexOf("\n\n") + 2);
      controller.enqueue(chunk);
    },
  });
}

const mediaTypeOf = (response: Response): string =>
  (response.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** Replaces each value that is a secret, such as a token, by a placeholder of the same type. */
const withoutSecrets = (body: string): string =>
  body.replace(
    /"(token|access_token|code|accept_url|full_accept_url)": "[^"]*"/g,
    '"$1": "[redacted]"',
  );
