/** The fields of a user that each scope shows, and requests that hubs refuse because a scope has a filter. */
import { paged, send, tokenWith, type Scenario } from "./scenario.js";

const scopes: readonly (readonly [scope: string, since?: string])[] = [
  ["read:users:name"],
  ["list:users"],
  ["read:users:groups"],
  ["read:users:activity"],
  ["users:activity"],
  ["read:users"],
  ["users"],
  ["read:servers"],
  ["servers"],
  ["read:roles:users"],
  ["admin:auth_state"],
  ["delete:servers"],
  ["start:servers", "6.0"],
  ["access:servers"],
  ["admin:servers"],
  ["admin:users"],
  ["read:users!group=team"],
  ["read:users!user=barbara"],
  ["read:servers!server=ada/"],
  ["list:users!group=team"],
  ["list:users!user=ada"],
];

export const scopesShown: Scenario = {
  name: "what a scope shows",
  steps: [
    send("POST /users/scope-holder", { body: { admin: true } }),
    ...scopes.flatMap(([scope, since]) => {
      const when = since === undefined ? {} : { since };
      return [
        send("POST /users/scope-holder/tokens", {
          body: { scopes: [scope] },
          keep: { [scope]: "token" },
          ...when,
        }),
        send("GET /users/ada", { as: `{${scope}}`, ...when }),
        send("GET /users?name_filter=a&limit=3", { as: `{${scope}}`, headers: paged, ...when }),
      ];
    }),
  ],
};

const group = (scope: string) => [
  tokenWith(scope, [scope]),
  send("GET /groups/team", { as: `{${scope}}` }),
  send("GET /groups", { as: `{${scope}}` }),
];

export const scopeEffects: Scenario[] = [
  scopesShown,
  {
    name: "what a scope shows of groups",
    steps: [
      "read:groups:name",
      "list:groups",
      "read:groups",
      "groups",
      "read:roles:groups",
    ].flatMap(group),
  },
  {
    name: "a filtered scope elsewhere",
    steps: [
      tokenWith("ada-only", ["admin:users!user=ada", "servers!user=ada", "tokens!user=ada"]),
      send("GET /users/ada", { as: "{ada-only}" }),
      send("GET /users/barbara", { as: "{ada-only}" }),
      send("GET /users/none", { as: "{ada-only}" }),
      send("PATCH /users/barbara", { as: "{ada-only}", body: { admin: false } }),
      send("PATCH /users/ada", { as: "{ada-only}", body: { admin: false } }),
      send("POST /users/newcomer", { as: "{ada-only}" }),
      send("POST /users", { as: "{ada-only}", body: { usernames: ["newcomer"] } }),
      send("POST /users/barbara/server", { as: "{ada-only}" }),
      send("DELETE /users/barbara/server", { as: "{ada-only}" }),
      send("GET /users/barbara/tokens", { as: "{ada-only}" }),
      send("POST /users/barbara/tokens", { as: "{ada-only}" }),
      send("GET /users", { as: "{ada-only}" }),
      send("GET /groups", { as: "{ada-only}" }),
      tokenWith("team-only", ["list:users!group=team", "read:servers!group=team"]),
      send("GET /users", { as: "{team-only}", headers: paged }),
      send("GET /users/ada", { as: "{team-only}" }),
      send("GET /users/admin", { as: "{team-only}" }),
      tokenWith("server-only", ["servers!server=ada/gpu"]),
      send("GET /users/ada", { as: "{server-only}" }),
      send("DELETE /users/ada/server", { as: "{server-only}" }),
    ],
  },
];
