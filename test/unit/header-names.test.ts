/** Header names ignore case: a header replaces the same header in another spelling, so that only one is sent. */
import { describe, expect, it } from "vitest";
import { answering, hubOf } from "./helpers.js";

const spellings = ["Authorization", "authorization", "AUTHORIZATION"];

describe.each(spellings)("a call's own %s header", (name) => {
  const headers = { [name]: "Bearer of-the-call", "X-A": "1" };
  const sentBy = async (call: (hub: ReturnType<typeof hubOf>) => PromiseLike<unknown>) => {
    const fetch = answering();
    await call(hubOf(fetch, { headers: { authorization: "Bearer of-the-options" } }));
    return fetch.requests.map((request) => request.headers.get("Authorization"));
  };

  it("is replaced by the token that tokens.identify checks", async () => {
    expect(await sentBy((hub) => hub.tokens.identify("asked", { headers }))).toEqual([
      "Bearer asked",
    ]);
  });

  it("replaces the client's header and token", async () => {
    expect(await sentBy((hub) => hub.users.get("ada", {}, { headers }))).toEqual([
      "Bearer of-the-call",
    ]);
  });
});

it.each(["Accept", "accept", "ACCEPT"])(
  "a call's own %s header is replaced by text/event-stream if the call requests an event stream",
  async (name) => {
    const fetch = answering(() => {
      const stream = 'data: {"progress": 100, "ready": true}\n\n';
      const headers = { "Content-Type": "text/event-stream", "X-JupyterHub-Version": "6.1.1" };
      return new Response(stream, { headers });
    });
    const call = { headers: { [name]: "text/plain" } };
    for await (const _ of hubOf(fetch).servers.progress("ada", {}, call)) break;
    expect(fetch.requests[0]?.headers.get("Accept")).toBe("text/event-stream");
  },
);
