/** Hubs that fail call after call, on a clock that stands still until a test lets time pass. */
import { afterEach, beforeEach, vi } from "vitest";
import { deleteUser, postGroup, postUserServer, type ApiClient } from "../../src/api.js";
import type { JupyterHubOptions } from "../../src/index.js";
import { useClock } from "../workflows/time.js";
import { answer, answering, hubOf, refusal, type Respond } from "./helpers.js";

/** Gives each test of a file its own clock, and makes each pause the longest that it can be: 250, 500, 1000 ms. */
export function useLongestPauses(): void {
  useClock();
  beforeEach(() => {
    vi.spyOn(Math, "random").mockReturnValue(1);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
}

/** What fetch rejects with when a connection fails. */
export const broken = (code = "ECONNRESET") =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("broke"), { code }) });
export const breaking = (): never => {
  throw broken();
};
export const ada = () => answer({ name: "ada" });
/** Puts a call off. */
export const busy = (seconds: string) =>
  refusal(429, null, { headers: { "Retry-After": seconds } });
export const path = { name: "ada" };

/** Calls that change something. */
export const writes = {
  deleteUser: (client: ApiClient) => deleteUser({ client, path }),
  postGroup: (client: ApiClient) => postGroup({ client, path: { name: "lab" } }),
  postUserServer: (client: ApiClient) => postUserServer({ client, path }),
};

/** A hub that answers one call after the other like this, the last for ever, and when each came. */
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
