/** Starts a mock hub. Loads its other modules and Prism only then, since the other test doubles do not need them. */
import { checkKeys } from "../../core/known-keys.js";
import { releaseOf, releases } from "../contract/releases.js";
import type { MockHub, MockHubOptions } from "./mock-hub.js";

/**
 * Starts a mock hub: an HTTP server that answers each operation of a hub's release with the example in its document,
 * and checks each request. It keeps no state; a `FakeHub` does. A wrong request gets an error (400, 401, 404 or 422)
 * or, if only an undeclared key is wrong, the usual response. Either way it is listed in `violations`.
 *
 * Needs Node and Prism, which is not installed with this package: `npm install --save-dev @stoplight/prism-core@5
 * @stoplight/prism-http@5 @stoplight/prism-http-server@5`. The last releases that declare Node 20 are
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
