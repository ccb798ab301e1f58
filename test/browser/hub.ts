/**
 * Starts a hub of the tested version for the tests of one file or of one `describe`, behind the real proxy through
 * which pages reach it. A hub of release 5 gets a URL prefix with characters that may or must be percent-encoded.
 */
import { afterAll, beforeAll } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { startHub, type RunningHub, type StartOptions } from "../hubs/hub.js";
import { release } from "../hubs/hub-fixture.js";

export const prefix = release.startsWith("5.") ? "/@/space%20word" : "";

export interface OpenHub {
  readonly real: RunningHub;
  /** A client with all permissions that runs outside the browser. */
  readonly hub: JupyterHub;
}

export function openHub(options: () => StartOptions = () => ({})): OpenHub {
  let real: RunningHub | undefined;
  beforeAll(async () => {
    real = await startHub(release, { proxy: "configurable-http-proxy", prefix, ...options() });
  });
  afterAll(() => real?.stop());
  return {
    get real() {
      if (!real) throw new Error("The hub has not started yet");
      return real;
    },
    get hub() {
      return new JupyterHub({ url: this.real.url, token: this.real.tokens.admin });
    },
  };
}
