/** A launch page: starts the server of the user who is logged in, and shows the progress in the browser. */
import { stream } from "hono/streaming";
import { isJupyterHubError } from "jupyterhub-client";
import { createService, type ServiceOptions } from "../service/app.js";

/** One line of the response: an event of the start, the address of the ready server, or why the start failed. */
interface Line {
  progress?: number;
  message?: string | undefined;
  url?: string;
}

const page = `<!doctype html>
<title>Launch</title>
<h1>Your server</h1>
<progress max="100" value="0"></progress>
<ol></ol>
<p hidden><a>Open your server</a></p>
<form method="post" action="logout"><button>Log out</button></form>
<script type="module">
  const [bar, list, done] = ["progress", "ol", "p"].map((name) => document.querySelector(name));
  // A POST, which pages of other sites cannot send with the session's cookie.
  const response = await fetch("launch", { method: "POST" });
  // The session has ended: a reload leads to the login.
  if (response.status === 401) location.reload();
  else if (!response.ok) list.textContent = "The start was refused: " + response.status;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (text + part.value).split("\\n");
    text = lines.pop();
    for (const { progress, message, url } of lines.map((line) => JSON.parse(line))) {
      if (progress !== undefined) bar.value = progress;
      if (message) list.appendChild(document.createElement("li")).textContent = message;
      if (url) done.querySelector("a").href = url;
      done.hidden = !url;
    }
  }
</script>
`;

export function createLaunchPage(options: ServiceOptions) {
  // On every route that follows, the service requires a login, so the user is known.
  const app = createService({ ...options, page });

  app.post(`${decodeURI(options.prefix)}launch`, (c) => {
    // The service needs no permissions of its own: this is the token of the user's login.
    const hub = options.hub.withOptions({ token: c.get("token") });
    return stream(c, async (response) => {
      const send = (line: Line) => response.write(`${JSON.stringify(line)}\n`);
      const start = hub.servers.start(c.get("user").name);
      try {
        for await (const { progress = 0, message } of start) await send({ progress, message });
        const { url, full_url } = await start;
        // This page has the hub's origin, so the path is enough if the hub does not know its public address.
        await send({ url: full_url ?? url });
      } catch (error) {
        console.error(error);
        const reason = isJupyterHubError(error, "SpawnFailedError") ? error.reason : undefined;
        await send({ message: `Your server did not start: ${reason ?? "see the service's log"}` });
      }
    });
  });
  return app;
}
