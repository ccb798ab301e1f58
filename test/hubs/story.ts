/**
 * A hub of the version that is being tested, for the tests of one file: its clients, what it answered,
 * and words to ask what this version can do.
 *
 * The tests of a file are one story: what comes later stands on what came before.
 */
import { afterAll, beforeAll, it } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { resolveRelease } from "../../scripts/releases.js";
import { isAtLeast } from "../../src/core/version.js";
import { startHub, type RunningHub, type StartOptions } from "./hub.js";
import { record, type Recorder } from "./recorder.js";

/** The release that this run is for. */
export const release = resolveRelease(process.env["HUB_VERSION"] ?? "6");

/** Whether this release is `version` or newer. */
export const since = (version: string): boolean => isAtLeast(release, version);

type Test = (title: string, test: () => Promise<void>) => void;
const untold: Test = () => undefined;

/** A test for hubs of this release or newer; for older ones there is none. */
export const itSince = (version: string): Test => (since(version) ? it : untold);
/** A test for hubs before this release. */
export const itBefore = (version: string): Test => (since(version) ? untold : it);

/** The error that a promise rejects with; undefined when it does not. */
export const failure = async (promise: PromiseLike<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export interface Story {
  readonly real: RunningHub;
  /** A client with every right. */
  readonly hub: JupyterHub;
  readonly recorder: Recorder;
  /** A client with another token, or with none. */
  as(token: string | undefined): JupyterHub;
  /** A plain request to the API, with every right unless its headers say otherwise. */
  plain(path: string, init?: RequestInit): Promise<Response>;
  /** The operations sent since this was asked last: "POST /users/{name}/server 201". */
  sent(): string[];
}

/** Starts a hub before the tests of a file, and ends it and keeps its answers after them. */
export function openStory(name: string, options?: StartOptions): Story {
  let real: RunningHub | undefined;
  let recorder: Recorder | undefined;
  let told = 0;
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
  const story: Story = {
    get real() {
      return started(real);
    },
    get recorder() {
      return started(recorder);
    },
    get hub() {
      return story.as(story.real.tokens.admin);
    },
    as: (token) => new JupyterHub({ url: story.real.url, token, fetch: story.recorder.fetch }),
    plain: (path, init = {}) =>
      story.recorder.fetch(story.real.url + path, {
        ...init,
        headers: { Authorization: `Bearer ${story.real.tokens.admin}`, ...init.headers },
      }),
    sent() {
      const { seen } = story.recorder;
      const news = seen.slice(told).map(({ operation, status }) => `${operation} ${status}`);
      told = seen.length;
      return news;
    },
  };
  return story;
}
