/** Fake hubs for tests of retries: each sends the responses and failures of a list in turn, in fake time. */
import { afterEach, beforeEach, vi } from "vitest";
import { deleteUser, postGroup, postUserServer, type ApiClient } from "../../src/api.js";
import type { JupyterHubOptions } from "../../src/index.js";
import { useClock } from "../workflows/time.js";
import { answer, answering, hubOf, refusal, type Respond } from "./helpers.js";

/** Gives each test of a file a fake clock, and makes each delay the longest possible: 250, 500, 1000 ms. */
export function useLongestPauses(): void {
  useClock();
  beforeEach(() => {
    vi.spyOn(Math, "random").mockReturnValue(1);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
}

/** Returns the error that fetch rejects with if a connection breaks. */
export const broken = (code = "ECONNRESET") =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("broke"), { code }) });
export const breaking = (): never => {
  throw broken();
};
export const ada = () => answer({ name: "ada" });
/** Returns a response with the status 429 and a `Retry-After` header. */
export const busy = (seconds: string) =>
  refusal(429, null, { headers: { "Retry-After": seconds } });
export const path = { name: "ada" };

/** Calls that change something. */
export const writes = {
  deleteUser: (client: ApiClient) => deleteUser({ client, path }),
  postGroup: (client: ApiClient) => postGroup({ client, path: { name: "lab" } }),
  postUserServer: (client: ApiClient) => postUserServer({ client, path }),
};

/**
 * Returns a client of a fake hub that sends `answers` in turn and then repeats the last one. `at` lists the times of
 * the requests, in milliseconds.
 */
export function hubThat(answers: Respond[], options: JupyterHubOptions = {}) {
  const begun = Date.now();
  const at: number[] = [];
  const fetch = answering((request, signal) => {
    const respond = answers[Math.min(at.length, answers.length - 1)]!;
    at.push(Date.now() - begun);
    return respond(request, signal);
  });
  return { hub: hubOf(fetch, { retry: 3, ...options }), fetch, at };
}

export const never = () => new Promise<never>(() => {});
