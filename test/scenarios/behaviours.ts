/**
 * Behaviours of hubs that a caller would not expect, each with the recorded response that shows it. The fake hub is
 * compared with the recordings, so it behaves in the same way.
 */

export interface Behaviour {
  what: string;
  scenario: string;
  /** The release of the recorded hub. @default "6.1.1" */
  version?: string;
  suite?: "standard" | "limited";
  /** The start of the recorded request. `shows` has parts of the recorded status, headers and body. */
  request: string;
  shows: readonly string[];
}

export const behaviours: readonly Behaviour[] = [
  // Users
  {
    what: "a PATCH with the name that the user already has destroys the user",
    scenario: "the name that a user already has",
    request: "PATCH /users/constant",
    shows: ['"status":200', '"name":null'],
  },
  {
    what: "a new name in a PATCH is lower-cased, so it may differ from the given one",
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
    what: "users whose names consist of dots, or of percent-encoded dots, cannot be created",
    scenario: "many users at once",
    request: "POST /users as admin",
    shows: ['"status":400', "Invalid username: %2e"],
  },
  {
    what: "creating users who all exist already is a conflict (409)",
    scenario: "many users at once",
    request: "POST /users as admin",
    shows: ['"status":409', "already exist"],
  },
  {
    what: "a token with a filtered scope gets the same 404 for other users, whether they exist or not",
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
    what: "creating a token with unknown scopes is a bad request, and before 5.0 a server error",
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
    what: "a request with an expired token is answered like one without a token",
    scenario: "tokens that end",
    request: "GET /user as {short}",
    shows: ['"status":403'],
  },
  {
    what: "missing credentials and missing scopes are both answered with 403",
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
    what: "since 6.0, a start whose body is not an object is refused",
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
    what: "the progress stream of a failed start has status 200, and an event reports the failure",
    scenario: "a start that fails later",
    request: "GET /users/sam/server/progress",
    shows: ['"status":200', "failed"],
  },
  {
    what: "an error that the Spawner raises decides the status of the response to a start",
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
    what: "a start while too many others are pending is answered with 429 and Retry-After",
    scenario: "limits of servers",
    suite: "limited",
    request: "POST /users/ben/server",
    shows: ['"status":429', '"retry-after"'],
  },
  {
    what: "a start while too many servers run is answered with 429, without Retry-After",
    scenario: "limits of servers",
    suite: "limited",
    request: "POST /users/cleo/server as",
    shows: ['"status":429', '"headers":{}'],
  },
  {
    what: "creating one named server too many is a bad request",
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
    what: "without the media type of pages, a list is cut off at the maximum without notice",
    scenario: "more users than a page holds",
    request: "GET /users?name_filter=many- as",
    shows: ['"status":200', '"body":[{'],
  },
  {
    what: "with the media type of pages, the response names the next page",
    scenario: "more users than a page holds",
    request: "GET /users?name_filter=many-&limit=200 as",
    shows: ['"next":{"limit":200,"offset":200'],
  },
  // Services, groups and shares
  {
    what: "before 5.0, reading an unknown service is a server error",
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
    what: "revoking an empty list of scopes revokes the whole share",
    scenario: "shares taken back",
    request: "PATCH /shares/olga/",
    shows: ['"status":200', '"body":{}'],
  },
  {
    what: "the path of the default server's share codes ends with a slash",
    scenario: "share codes",
    request: "GET /share-codes/olga/ as",
    shows: ['"status":200', '"items"'],
  },
  {
    what: "POST /authorizations/token does not exist since 2.0",
    scenario: "paths and methods that there are not",
    request: "POST /authorizations/token",
    shows: ['"status":404', "removed in JupyterHub 2.0"],
  },
  {
    what: "since 6.0, the message of an error can be null",
    scenario: "paths and methods that there are not",
    request: "GET /nothing as admin",
    shows: ['"status":404', '"message":null'],
  },
  // More about servers, tokens, services and shares
  {
    what: "deleting a user with an active named server is a server error",
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
    what: "a 201 does not prove success: a start after a failed one gets 201 and may fail as well",
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
    what: "creating a token for an unknown user is refused with a message about a service",
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
    what: "sharing with a user needs the scope to read the names of users",
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
    what: "an offset beyond the end of a listing returns an empty page",
    scenario: "pages of users",
    request: "GET /users?offset=1000",
    shows: ['"next":null', '"items":[]'],
  },
  {
    what: "OAuth redirects a browser without a login to the login page",
    scenario: "OAuth without a login",
    request: "GET /oauth2/authorize",
    shows: ['"status":302'],
  },
  {
    what: "a 403 for a missing scope names the scopes of which one is needed",
    scenario: "the proxy",
    request: "GET /proxy as reader",
    shows: ['"status":403', "requires any of [proxy]"],
  },
];
