/**
 * Exports the function that starts a mock hub. The function imports Prism and the mock's other modules when it is
 * called, since the other test doubles do not need them.
 */
import { checkKeys } from "../../core/known-keys.js";
import { releaseOf, releases } from "../contract/releases.js";
import type { MockHub, MockHubOptions } from "./mock-hub.js";

/**
 * Starts a mock hub: an HTTP server that answers each operation of a hub's release with a documented example, and
 * checks each request. Unlike a `FakeHub`, it keeps no state. An invalid request gets an error (400, 401, 404 or 422)
 * or, if its only mistake is an undeclared key, the usual response. Either way, the mock hub's `violations` lists the
 * request.
 *
 * Needs Node and Prism, which is not installed with this package: `npm install --save-dev @stoplight/prism-core@5
 * @stoplight/prism-http@5 @stoplight/prism-http-server@5`. The last releases that declare support for Node 20 are
 * prism-core 5.8.0, prism-http 5.12.0 and prism-http-server 5.12.2.
 *
 * Since 0.1.
 * @param options the release and the port
 * @throws InvalidInputError for an unknown release; Error if Prism is not installed or the port is taken
 */
export async function startMockHub(options: MockHubOptions = {}): Promise<MockHub> {
  checkKeys("options of startMockHub", options, { version: true, port: true });
  const { version = releases.at(-1)!, port = 0 } = options;
  const release = releaseOf(version);
  const { RunningMockHub } = await import("./running-mock-hub.js");
  return RunningMockHub.start(release, port);
}
