/** A real hub with a subdomain for each user: where its models say that servers are. */
import { describe, expect, it } from "vitest";
import { InvalidInputError, JupyterHub } from "jupyterhub-client";
import { failure, openStory, since } from "./story.js";

const extraConfig = `
c.JupyterHub.subdomain_host = "http://hub.localhost:" + env["HUB_URL"].rsplit(":", 1)[1]
`;
const story = openStory("subdomains", { extraConfig });
// Before 3.0 no token can be made for one server.
const call = since("3.0") ? {} : { useClientToken: true };

describe("a hub with subdomains", () => {
  it("has its servers below its own host, where connections lead", async () => {
    const { url, tokens } = story.real;
    await story.hub.users.create("ada");
    await story.hub.servers.start("ada");
    const { port } = new URL(url);
    const publicUrl = `http://hub.localhost:${port}`;
    const { fetch } = story.recorder;
    const hub = new JupyterHub({ url, publicUrl, token: tokens.admin, fetch });
    const { baseUrl } = await hub.servers.connect("ada", {}, call);
    expect(baseUrl).toBe(`http://ada.hub.localhost:${port}/user/ada/`);
  });

  it("has none for a client that does not know its public address", async () => {
    const before = await story.hub.tokens.list("ada");
    const error = await failure(story.hub.servers.connect("ada", {}, call));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toContain("Check publicUrl.");
    expect(await story.hub.tokens.list("ada")).toHaveLength(before.length);
  });
});
