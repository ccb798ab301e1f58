/** A real single-user server: its own API, and a cell run by `@jupyterlab/services`. */
import { createRequire } from "node:module";
import { KernelManager, ServerConnection, type Kernel } from "@jupyterlab/services";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isServedAt } from "../../src/core/server-client.js";
import { failure, useHubFixture, since } from "./hub-fixture.js";
import { runExample } from "./run-example.js";
import { ensureNotebook } from "./venv.js";

// The WebSocket that `@jupyterlab/services` brings for Node: before 22, Node has none by default.
const services = createRequire(createRequire(import.meta.url).resolve("@jupyterlab/services"));
const Ws = services("ws") as typeof WebSocket;

if (since("3.0")) {
  const python = await ensureNotebook();
  const fixture = useHubFixture("notebook", {
    proxy: "configurable-http-proxy",
    extraConfig: `
c.Spawner.cmd = ["${python}", "-m", "jupyterhub.singleuser"]
c.Spawner.environment = {"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}
c.Spawner.http_timeout = 60
c.Spawner.args = ["--allow-root"]
`,
  });

  describe("a notebook server", () => {
    beforeAll(async () => {
      await fixture.hub.users.createMany({ usernames: ["ada", "grace"] });
      await fixture.hub.servers.start("ada");
    });

    it("accepts a token that is limited to it", async () => {
      const response = await fixture.hub.servers.fetch("ada", "/api/kernels");
      expect(await response.json()).toEqual([]);
      const specs = await fixture.hub.servers.fetch("ada", "/api/kernelspecs");
      expect(await specs.json()).toMatchObject({ default: "python3" });
    });

    it("is recognised by `isServedAt` without a token, unlike a server that does not run", async () => {
      const { publicUrl } = fixture.real;
      const { signal } = new AbortController();
      const isServed = (user: string): Promise<boolean> =>
        isServedAt(`${publicUrl}user/${user}/`, `${publicUrl}hub/`, fetch, signal);
      expect(await Promise.all(["ada", "grace"].map(isServed))).toEqual([true, false]);
    });

    it("is not reported as stopped if it answers with an error or a redirect to the login", async () => {
      const missing = await fixture.hub.servers.fetch("ada", "/api/contents/nothing.ipynb");
      expect(missing.status).toBe(404);
      const page = await fixture.hub.servers.fetch("ada", "/no/such/page");
      expect(page.status).toBe(404);
      // Without a valid token, the server redirects to the hub's login, as the hub does for a stopped server.
      const headers = { Authorization: "Bearer unknown" };
      const login = await fixture.hub.servers.fetch("ada", "/files/x.txt", { headers });
      expect(login.status).toBe(302);
      expect(login.headers.get("Location")).toMatch(/^\/hub\/api\/oauth2\/authorize/);
    });

    it("rejects a user without access", async () => {
      const { token } = await fixture.hub.tokens.create("grace");
      const asGrace = fixture.as(token).servers;
      expect(await failure(asGrace.fetch("ada", "/api/kernels"))).toBeInstanceOf(Error);
      const { baseUrl, fetch } = await fixture.hub.servers.connect("ada");
      const headers = { Authorization: `Bearer ${token}` };
      expect((await fetch(`${baseUrl}api/kernels`, { headers })).status).toBe(403);
    });

    it("is reached by the editor example with a pasted token", async () => {
      const { token } = await fixture.hub.tokens.create("ada", { expires_in: 600 });
      const lines = await runExample(["editor.ts", `${fixture.real.publicUrl}hub/home`], {}, token);
      expect(lines[0]).toBe(
        `Create a token at ${fixture.real.publicUrl}hub/token and paste it here:`,
      );
      const time = since("5.0") ? "20" : "at a time that this hub does not tell";
      expect(lines[1]).toContain(`Logged in as ada; the token expires ${time}`);
      expect(lines).toContain("The cell printed: 42");
      expect(lines.join()).not.toContain(token);
    });

    describe("with @jupyterlab/services", () => {
      const opened: string[] = [];
      class Watched extends Ws {
        constructor(url: string, ...more: [string[]?]) {
          super(url, ...more);
          opened.push(url);
        }
      }
      let manager: KernelManager;
      let kernel: Kernel.IKernelConnection | undefined;
      afterAll(async () => {
        await kernel?.shutdown();
        manager?.dispose();
      });

      it("runs a cell without the token in any URL", async () => {
        const connection = await fixture.hub.servers.connect("ada", {}, { WebSocket: Watched });
        const serverSettings = ServerConnection.makeSettings(connection);
        manager = new KernelManager({ serverSettings });
        kernel = await manager.startNew({ name: "python3" });
        let output = "";
        const running = kernel.requestExecute({ code: "print(6 * 7)" });
        running.onIOPub = ({ content }) => {
          if ("text" in content) output += content.text;
        };
        const reply = await running.done;
        expect(reply.content.status).toBe("ok");
        expect(output).toBe("42\n");
        expect(opened.length).toBeGreaterThan(0);
        expect(opened.join()).not.toContain(connection.token);
      });
    });
  });
}
