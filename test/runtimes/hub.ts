/** The fake hub of the scenario, on a real socket: 450 users, a slow start, a 503, and calls without a response. */
import { FakeHub } from "jupyterhub-client/testing";

const count = 450;

/** A hub for one run of the scenario. */
export function createScenarioHub(): FakeHub {
  const fake = new FakeHub({
    users: Array.from({ length: count }, (_, index) => `user-${String(index).padStart(3, "0")}`),
    groups: ["staff"],
    spawner: { seconds: 0.5, progress: [{ progress: 50, message: "Pulling the image" }] },
    slowSpawnTimeout: 0,
  });
  fake.fail({ operation: "GET /groups/{name}", status: 503 });
  // The scenario aborts the first of these calls, and the second times out.
  fake.fail({ operation: "GET /services/{name}", stall: true, times: 2 });
  return fake;
}
