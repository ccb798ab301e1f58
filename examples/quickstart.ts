/**
 * npm start                                                a tour on a fake hub over HTTP
 * JUPYTERHUB_API_URL=… JUPYTERHUB_API_TOKEN=… npm start    lists that hub's users, and starts your server
 */
import { ForbiddenError, JupyterHub, SpawnFailedError } from "jupyterhub-client";
import { FakeHub } from "jupyterhub-client/testing";
import { showProgress } from "./progress-bar.js";

if (process.env["JUPYTERHUB_API_URL"]) await tour(new JupyterHub());
else await tourOfFakeHub();

/** A tour that works on every hub. It stops the server at the end if the server did not run before. */
async function tour(hub: JupyterHub): Promise<void> {
  const me = await hub.whoami();
  console.log(`JupyterHub ${await hub.version()}; the token belongs to the ${me.kind} ${me.name}`);

  try {
    const users = await hub.users.list();
    const active = users.filter(({ servers = {} }) => Object.keys(servers).length > 0);
    console.log(`${users.length} users, ${active.length} of them with a server`);
  } catch (error) {
    if (!(error instanceof ForbiddenError)) throw error;
    console.log(`This token may not list users: it lacks ${error.requiredScopes.join(" or ")}`);
  }

  if (me.kind !== "user") return console.log("A service has no server to start");
  const wasRunning = (await hub.servers.list(me.name)).length > 0;
  const server = await showProgress(
    `Starting the server of ${me.name}`,
    hub.servers.start(me.name),
  );
  console.log(`Ready at ${new URL(server.url, hub.publicUrl)}`);
  if (wasRunning) return;
  await hub.servers.stop(me.name);
  console.log("Stopped again");
}

/** The same tour on a fake hub with 1,000 users. It also shows a start that fails and a start that has to wait. */
async function tourOfFakeHub(): Promise<void> {
  const students = Array.from({ length: 999 }, (_, index) => `student-${index + 1}`);
  await using fake = new FakeHub({
    users: [{ name: "ada", admin: true }, ...students],
    concurrentSpawnLimit: 1,
    spawnRetryAfter: 1,
    spawner: ({ user }) => ({
      seconds: user === "ada" ? 2 : 1,
      progress: ["Waiting for a node", "Pulling the image", "Mounting home", "Starting"],
      ...(user === "student-13" && { fails: "No GPU is left" }),
    }),
  });
  const url = await fake.listen();
  const hub = new JupyterHub({ url, token: fake.tokenFor("ada") });
  await tour(hub);

  try {
    await showProgress("Starting student-13", hub.servers.start("student-13"));
  } catch (error) {
    if (!(error instanceof SpawnFailedError)) throw error;
    console.log(`The start failed: ${error.reason}`);
  }

  console.log("Starting two servers on a hub that starts one at a time:");
  for await (const { user, error } of hub.servers.startMany(["student-1", "student-2"])) {
    console.log(`  ${user}: ${error ? String(error) : "ready"}`);
  }
  const { length } = fake.requests.filter(({ status }) => status === 429);
  console.log(
    `Starts that the hub refused meanwhile with 429, and the client sent again: ${length}`,
  );
}
