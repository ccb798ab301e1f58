/**
 * Behaviours of hubs that a caller would not expect, and the recorded response that shows each. The fake hub is
 * compared with the recordings, so each row holds for it as well.
 */

export interface Behaviour {
  what: string;
  scenario: string;
  /** The recorded hub. @default "6.1.1" */
  version?: string;
  suite?: "standard" | "limited";
  /** The request, and parts of the recorded status, headers and body. */
  request: string;
  shows: readonly string[];
}

export const behaviours: readonly Behaviour[] = [
  // Users
  {
    what: "a name in PATCH that the user already has destroys the user",
    scenario: "the name that a user already has",
    request: "PATCH /users/constant",
    shows: ['"status":200', '"name":null'],
  },
  {
    what: "the name in PATCH is lower-cased, and may differ from the given one",
    scenario: "users changed",
    request: "PATCH /users/torvalds",
    shows: ['"name":"linus"'],
  },
  {
    what: "names in paths keep their case, so Ada is not ada",
    scenario: "users made and read",
    request: "GET /users/Ada",
    shows: ['"status":404'],
  },
  {
    what: "names of dots and their percent-encodings cannot be created",
    scenario: "many users at once",
    request: "POST /users as admin",
    shows: ['"status":400', "Invalid username: %2e"],
  },
  {
    what: "creating users that all exist is a conflict",
    scenario: "many users at once",
    request: "POST /users as admin",
    shows: ['"status":409', "already exist"],
  },
  {
    what: "a filtered scope answers 404 to a user that exists and to one that does not",
    scenario: "users made and read",
    request: "GET /users/admin as filtered",
    shows: ['"status":404', "No access to resources or resources not found"],
  },
  {
    what: "auth_state can be changed",
    scenario: "users changed",
    request: "PATCH /users/grace",
    shows: ['"auth_state":{"key":1}'],
  },
  // Tokens
  {
    what: "a token cannot live longer than the hub's maximum",
    scenario: "limits of tokens",
    suite: "limited",
    request: "POST /users/ann/tokens",
    shows: ['"status":400', "must not exceed 3600"],
  },
  {
    what: "unknown scopes of a token are a bad request, and a server error before 5.0",
    scenario: "tokens with scopes",
    version: "4.1.6",
    request: "POST /users/ada/tokens",
    shows: ['"status":500'],
  },
  {
    what: "start:servers does not exist before 6.0",
    scenario: "tokens with scopes",
    version: "5.5.4",
    request: "POST /users/ada/tokens",
    shows: ['"status":400', "start:servers!user", "does not exist"],
  },
  {
    what: "a lifetime of 0 is refused since 5.5.3 and 6.1.0",
    scenario: "tokens that are refused",
    request: "POST /users/ada/tokens",
    shows: ['"status":400', "must be a positive integer or null, not 0"],
  },
  {
    what: "an expired token is like no token",
    scenario: "tokens that end",
    request: "GET /user as {short}",
    shows: ['"status":403'],
  },
  {
    what: "missing credentials and missing scopes are both 403",
    scenario: "credentials",
    request: "GET /users as no such token",
    shows: ['"status":403', "Missing or invalid credentials"],
  },
  // Servers
  {
    what: "a start that takes long is answered before the server is ready",
    scenario: "a slow start",
    request: "POST /users/sam/server",
    shows: ['"status":202'],
  },
  {
    what: "a server that runs cannot be started",
    scenario: "a server started and stopped",
    request: "POST /users/sam/server",
    shows: ['"status":400', "is already running"],
  },
  {
    what: "a body of a start that is no object is refused since 6.0",
    scenario: "bodies of a start that are refused",
    request: "POST /users/sam/server",
    shows: ['"status":400', "must be a JSON object"],
  },
  {
    what: "since 5.0, a stop cancels a pending start",
    scenario: "a start that is cancelled",
    request: "DELETE /users/sam/server",
    shows: ['"status":204'],
  },
  {
    what: "before 5.0, a pending start cannot be stopped",
    scenario: "a pending start is not stopped before 5.0",
    version: "4.1.6",
    request: "DELETE /users/sam/server",
    shows: ['"status":400', "is pending spawn, please wait"],
  },
  {
    what: "a failed start is a failed event of a successful progress stream",
    scenario: "a start that fails later",
    request: "GET /users/sam/server/progress",
    shows: ['"status":200', "failed"],
  },
  {
    what: "a Spawner's own error decides the status",
    scenario: "a start that is refused",
    request: "POST /users/sam/server",
    shows: ['"status":503', "No GPU is left"],
  },
  {
    what: "a slow stop is answered before the server has stopped",
    scenario: "a slow stop",
    request: "DELETE /users/sam/server",
    shows: ['"status":202'],
  },
  {
    what: "too many starts at once are answered with Retry-After",
    scenario: "limits of servers",
    suite: "limited",
    request: "POST /users/ben/server",
    shows: ['"status":429', '"retry-after"'],
  },
  {
    what: "too many running servers are answered without Retry-After",
    scenario: "limits of servers",
    suite: "limited",
    request: "POST /users/cleo/server as",
    shows: ['"status":429', '"headers":{}'],
  },
  {
    what: "too many named servers are a bad request",
    scenario: "limits of servers",
    suite: "limited",
    request: "POST /users/cleo/servers/two",
    shows: ['"status":400', "maximum of 1 named servers"],
  },
  // Listings
  {
    what: "a limit above the hub's maximum is lowered",
    scenario: "limits of pages",
    suite: "limited",
    request: "GET /users?limit=10",
    shows: ['"limit":3'],
  },
  {
    what: "without the media type of pages, a list ends at the maximum and says nothing",
    scenario: "more users than a page holds",
    request: "GET /users?name_filter=many- as",
    shows: ['"status":200', '"body":[{'],
  },
  {
    what: "with it, the next page is named",
    scenario: "more users than a page holds",
    request: "GET /users?name_filter=many-&limit=200 as",
    shows: ['"next":{"limit":200,"offset":200'],
  },
  // Services, groups and shares
  {
    what: "before 5.0, an unknown service is a server error",
    scenario: "services read",
    version: "4.1.6",
    request: "GET /services/none",
    shows: ['"status":500'],
  },
  {
    what: "names of groups keep their case",
    scenario: "groups made and read",
    request: "GET /groups/Team",
    shows: ['"status":404', "No such group: Team"],
  },
  {
    what: "taking back no scopes takes back everything",
    scenario: "shares taken back",
    request: "PATCH /shares/olga/",
    shows: ['"status":200', '"body":{}'],
  },
  {
    what: "the default server's shares have a path that ends with a slash",
    scenario: "share codes",
    request: "GET /share-codes/olga/ as",
    shows: ['"status":200', '"items"'],
  },
  {
    what: "POST /authorizations/token is gone since 2.0",
    scenario: "paths and methods that there are not",
    request: "POST /authorizations/token",
    shows: ['"status":404', "removed in JupyterHub 2.0"],
  },
  {
    what: "a hub of 6.0 or newer gives no message where it has none",
    scenario: "paths and methods that there are not",
    request: "GET /nothing as admin",
    shows: ['"status":404', '"message":null'],
  },
  // More about servers, tokens, services and shares
  {
    what: "a user with an active named server cannot be deleted: a server error",
    scenario: "named servers",
    request: "DELETE /users/sam as",
    shows: ['"status":500'],
  },
  {
    what: "a server that is stopping cannot be started",
    scenario: "a slow stop",
    request: "POST /users/sam/servers/calm",
    shows: ['"status":400', "is pending stop"],
  },
  {
    what: "a 201 is no proof: the first start after a failed one gets it and may fail",
    scenario: "a start that takes too long",
    request: "POST /users/sam/server",
    shows: ['"status":201'],
  },
  {
    what: "a start without options uses those of the previous start",
    scenario: "options that are kept",
    request: "GET /users/sam as",
    shows: ['"user_options":{"size":"small"}'],
  },
  {
    what: "names of new servers are restricted since 6.0",
    scenario: "bodies of a start that are refused",
    request: "POST /users/sam/servers/Upper",
    shows: ['"status":400', "Invalid server_name"],
  },
  {
    what: "a token for an unknown user is refused with words about a service",
    scenario: "tokens made",
    request: "POST /users/nobody-here/tokens",
    shows: ['"status":403', "Service nobody-here not found"],
  },
  {
    what: "a user may create a token for a server that is shared with them",
    scenario: "what a share allows",
    request: "POST /users/guest/tokens as {guest}",
    shows: ['"status":201'],
  },
  {
    what: "sharing by name needs the scope to read names",
    scenario: "what a share allows",
    request: "POST /shares/olga/ as {sharer}",
    shows: ['"status":403', "read:users:name"],
  },
  {
    what: "a service without data cannot be created",
    scenario: "services made at run time",
    request: "POST /services/empty",
    shows: ['"status":400', "Invalid service data"],
  },
  {
    what: "a configured service cannot be deleted",
    scenario: "services made at run time",
    request: "DELETE /services/reader",
    shows: ['"status":405'],
  },
  {
    what: "an offset behind the end is an empty page",
    scenario: "pages of users",
    request: "GET /users?offset=1000",
    shows: ['"next":null', '"items":[]'],
  },
  {
    what: "OAuth sends a browser without a login to the login page",
    scenario: "OAuth without a login",
    request: "GET /oauth2/authorize",
    shows: ['"status":302'],
  },
  {
    what: "an action by a token that lacks the scope names the scopes of which one is needed",
    scenario: "the proxy",
    request: "GET /proxy as reader",
    shows: ['"status":403', "requires any of [proxy]"],
  },
];

/** Behaviours that the fake hub does not have, and why. Tests on real hubs show these. */
export const notInFake: Readonly<Record<string, string>> = {
  "the hub ends after repeated failures of starts (consecutive_failure_limit)":
    "a fake hub has no process",
  "500 while a start goes on, when the server's process dies before it listens":
    "a fake hub starts no process",
  "NaN in user_options": "only a Python client can send it",
  "403 for a user whose login has expired (auth_refresh_age)": "a fake hub has no Authenticator",
  "redirects, logins and consent in a browser": "a fake hub has no pages",
  "a proxy that answers in the hub's place": "a fake hub has no proxy in front of it; see hub.fail",
  "environment variables of servers and services": "a fake hub starts no process",
};
