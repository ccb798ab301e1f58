/** A custom `fetch` whose response bodies are Node streams, like those of node-fetch. */
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { page } from "./helpers.js";

it("an HTML page causes an UnexpectedResponseError in a call that expects a stream", async () => {
  const fetch = async (): Promise<Response> =>
    Object.defineProperty(page(200), "body", { value: Readable.from(["<html>"]) });
  const hub = new JupyterHub({ url: "http://hub.test.local", token: "a-token", fetch, retry: 0 });
  const { error } = await hub.client.get({ url: "/new/stream", parseAs: "stream" });
  expect(error).toMatchObject({ name: "UnexpectedResponseError" });
});
