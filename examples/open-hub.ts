/** The hub for the examples: the one from the environment, or a mock that ends with the example. */
import type { JupyterHubOptions } from "jupyterhub-client";
import { corrected } from "../test/mock/openapi-files.js";
import { examples } from "../src/testing/mock/examples.js";
import { mockCopy } from "../test/mock/mock-copy.js";
import { startPrism } from "../src/testing/mock/prism.js";

export interface OpenedHub extends AsyncDisposable {
  options: JupyterHubOptions;
  /** The name of a server to use; the mock has this one. */
  server: string;
  isMock: boolean;
}

export async function openHub(): Promise<OpenedHub> {
  if (process.env["JUPYTERHUB_API_URL"]) {
    const nothing = (): Promise<void> => Promise.resolve();
    return {
      options: { fetch: printing },
      server: "quickstart",
      isMock: false,
      [Symbol.asyncDispose]: nothing,
    };
  }
  const mock = await startPrism(mockCopy(corrected(), { examples }));
  return {
    options: { url: mock.url, token: "any-token", fetch: printing },
    server: "gpu",
    isMock: true,
    [Symbol.asyncDispose]: () => mock.close(),
  };
}

/** Prints each call when it is sent. */
const printing: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const response = await fetch(request);
  console.log(`  ${request.method} ${new URL(request.url).pathname} -> ${response.status}`);
  return response;
};
