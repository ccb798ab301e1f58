/**
 * Provides a hub of the tested version, clients and a recorder for the tests of one file, and functions that declare
 * tests for some versions only.
 *
 * The tests of a file run in order, and later ones rely on earlier ones.
 */
import { afterAll, beforeAll, it } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { resolveRelease } from "../../scripts/known-releases.js";
import { isAtLeast } from "../../src/core/version.js";
import { startHub, type RunningHub, type StartOptions } from "./hub.js";
import { record, type Recorder } from "./recorder.js";

/** The tested release. */
export const release = resolveRelease(process.env["HUB_VERSION"] ?? "6");

/** Returns true if the tested release is `version` or newer. */
export const since = (version: string): boolean => isAtLeast(release, version);

type Test = (title: string, test: () => Promise<void>) => void;
const noTest: Test = () => undefined;

/** Returns a function that declares a test only if the tested hub is of `version` or newer. */
export const itSince = (version: string): Test => (since(version) ? it : noTest);
/** Returns a function that declares a test only if the tested hub is older than `version`. */
export const itBefore = (version: string): Test => (since(version) ? noTest : it);

/** Returns the error that a promise rejects with; undefined if it fulfils. */
export const failure = async (promise: PromiseLike<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export interface HubFixture {
  readonly real: RunningHub;
  /** A client with all permissions. */
  readonly hub: JupyterHub;
  readonly recorder: Recorder;
  /** Returns a client with the given token, or without one. */
  as(token: string | undefined): JupyterHub;
  /**
   * Sends a request to the API without a client. Uses the token with all permissions unless `init.headers` has another.
   */
  plain(path: string, init?: RequestInit): Promise<Response>;
  /** Returns the operations since the last call of `sent`, with their statuses: "POST /users/{name}/server 201". */
  sent(): string[];
}

/** Starts a hub before the tests of a file. After them, stops it and saves its responses. */
export function useHubFixture(name: string, options?: StartOptions): HubFixture {
  let real: RunningHub | undefined;
  let recorder: Recorder | undefined;
  let reported = 0;
  const started = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error("The hub has not started yet");
    return part;
  };
  beforeAll(async () => {
    real = await startHub(release, options);
    recorder = record(real.url);
  });
  afterAll(async () => {
    recorder?.save(release, name);
    await real?.stop();
  });
  const fixture: HubFixture = {
    get real() {
      return started(real);
    },
    get recorder() {
      return started(recorder);
    },
    get hub() {
      return fixture.as(fixture.real.tokens.admin);
    },
    as: (token) => new JupyterHub({ url: fixture.real.url, token, fetch: fixture.recorder.fetch }),
    plain: (path, init = {}) =>
      fixture.recorder.fetch(fixture.real.url + path, {
        ...init,
        headers: { Authorization: `Bearer ${fixture.real.tokens.admin}`, ...init.headers },
      }),
    sent() {
      const { seen } = fixture.recorder;
      const news = seen.slice(reported).map(({ operation, status }) => `${operation} ${status}`);
      reported = seen.length;
      return news;
    },
  };
  return fixture;
}
