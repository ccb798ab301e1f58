/** A hub that limits the number of starting and running servers, the lifetime of tokens and the size of pages. */
import { paged, send, untilInactive, untilReady, type Scenario } from "./scenario.js";

const slow = (user: string) => [
  send(`POST /users/${user}/server`, {
    body: { user_options: { behave: "slow", seconds: 4 } },
    since: "6.0",
  }),
  send(`POST /users/${user}/server`, { body: { behave: "slow", seconds: 4 }, before: "6.0" }),
];

export const limited: Scenario[] = [
  {
    name: "limits of servers",
    steps: [
      send("POST /users", { body: { usernames: ["ann", "ben", "cleo"] } }),
      ...slow("ann"),
      send("POST /users/ben/server"),
      untilReady("ann"),
      send("POST /users/ben/server"),
      send("POST /users/cleo/server"),
      send("DELETE /users/ben/server"),
      untilInactive("ben"),
      send("POST /users/cleo/servers/one"),
      send("POST /users/cleo/servers/two"),
      send("PUT /users/cleo/servers/two", { since: "6.0" }),
      send("DELETE /users/cleo/servers/one", { body: { remove: true } }),
      send("DELETE /users/ann/server"),
    ],
  },
  {
    name: "limits of tokens",
    since: "5.0",
    steps: [
      send("POST /users/ann/tokens", { body: { expires_in: 3601 } }),
      send("POST /users/ann/tokens", { body: { expires_in: 3600 } }),
      send("POST /users/ann/tokens"),
    ],
  },
  {
    name: "limits of pages",
    steps: [
      send("GET /users"),
      send("GET /users", { headers: paged }),
      send("GET /users?limit=10", { headers: paged }),
      send("GET /users?limit=2&offset=2", { headers: paged }),
    ],
  },
  {
    name: "the hub shut down",
    steps: [
      send("POST /shutdown", { as: "reader" }),
      send("POST /shutdown", { body: { proxy: "yes" } }),
      send("POST /shutdown", { body: { servers: 3 } }),
      send("POST /shutdown", { body: { proxy: true, servers: true } }),
    ],
  },
];
