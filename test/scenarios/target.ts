/** The fake hub as a target of scenarios: configured as the real hubs are, with fake time. */
import {
  FakeHub,
  type FakeHubOptions,
  type SpawnRequest,
  type SpawnerBehaviour,
} from "../../src/testing/index.js";
import type { Target } from "./runner.js";

/** Behaves like `BehavingSpawner`, which the configuration of the real hubs defines. */
function behave({ options }: SpawnRequest): SpawnerBehaviour {
  const seconds = (usual: number): number => Number(options["seconds"] ?? usual);
  const starting = [{ progress: 50, message: "Starting" }];
  switch (options["behave"]) {
    case "slow":
      return {
        seconds: seconds(5),
        progress: [
          { html_message: "<i>Soon</i>", node: { name: "n1" } },
          ...[20, 40, 60, 80].map((progress) => ({
            progress,
            message: `Slowly: ${progress} %`,
            html_message: `Slowly: <b>${progress} %</b>`,
          })),
        ],
      };
    case "fail":
      return { seconds: seconds(0), progress: starting, fails: "This server fails on request" };
    case "refuse": {
      const status = Number(options["status"] ?? 409);
      return { progress: starting, fails: { status, message: "No GPU is left" } };
    }
    case "hang":
      return { seconds: 600, timeout: seconds(4), progress: starting };
    case "slow-stop":
      return { stopSeconds: seconds(4), progress: starting };
    default:
      return { progress: starting };
  }
}

const tokens = {
  admin: "token-of-admin",
  reader: "token-of-reader",
  filtered: "token-of-filtered",
};

/** The options of the fake hub for each suite. They match the suite's configuration of a real hub. */
const suiteOptions: Readonly<Record<string, FakeHubOptions>> = {
  standard: {},
  limited: {
    concurrentSpawnLimit: 1,
    activeServerLimit: 2,
    namedServerLimit: 1,
    pageLimit: { default: 2, max: 3 },
    spawnRetryAfter: 2,
    tokenMaxSeconds: 3600,
  },
};

export function fakeTarget(version: string, suite: string): Target & { hub: FakeHub } {
  const hub = new FakeHub({
    version,
    time: "manual",
    users: [{ name: "admin", admin: true }],
    services: [
      { name: "admin", admin: true, roles: ["everything"], token: tokens.admin },
      { name: "reader", roles: ["reader"], token: tokens.reader },
      { name: "filtered", roles: ["filtered"], token: tokens.filtered },
      { name: "webapp" },
    ],
    roles: {
      reader: ["list:users", "read:users:name"],
      filtered: ["read:users!user=ada"],
      user: ["self", "access:services!service=webapp"],
    },
    spawner: behave,
    slowSpawnTimeout: 3,
    slowStopTimeout: 2,
    ...suiteOptions[suite],
  });
  return {
    hub,
    url: hub.url,
    tokens,
    pass: async (milliseconds) => hub.advance(milliseconds),
    fetch: async (url, init) => {
      // No two requests happen at the same time of the fake clock.
      await hub.advance(1);
      const response = await inTime(hub, hub.fetch(url, init));
      const text = await inTime(hub, response.text());
      return new Response(text === "" ? null : text, response);
    },
  };
}

/** Advances the hub's time until a promise settles. */
async function inTime<Value>(hub: FakeHub, wanted: Promise<Value>): Promise<Value> {
  const pending = Symbol("pending");
  wanted.catch(() => undefined);
  for (let step = 0; ; step = 100) {
    const passed = hub.advance(step).then(() => pending);
    const first = await Promise.race([wanted, passed]);
    if (first !== pending) return wanted;
  }
}
