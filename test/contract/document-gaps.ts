/**
 * Parts of our requests that JupyterHub's own documents lack, though hubs read them.
 *
 * Each row names a mistake of the document. The tests accept no other violation, and fail if a document in a row's
 * range does not show the mistake.
 */

export interface DocumentGap {
  /** The release of the first document with the mistake; by default, the first of all. */
  from?: string;
  /** The release of the first later document without the mistake; by default, there is none. */
  before?: string;
  operations: readonly string[];
  /** Matches the message of the contract recorder. */
  violation: RegExp;
  why: string;
}

const user = ["GET /users/{name}"];

export const gaps: readonly DocumentGap[] = [
  {
    operations: ["POST /users/{name}/tokens"],
    violation:
      /^request body \/auth: is not declared$|^Prism itself answered 401 .*security requirements/,
    why: "B15: the documents show no password in the place of a token",
  },
  {
    operations: ["POST /oauth2/token"],
    violation: /^request body \/code_verifier: is not declared$/,
    why: "B28: hubs check the verifier since 6.0 and ignore it before; no document has it",
  },
  {
    operations: ["POST /users/{name}", "POST /groups/{name}"],
    violation: /^request body is not declared$|included a non-empty body$/,
    why: "B9, B12: the documents show no body",
  },
  {
    operations: ["DELETE /groups/{name}/users", "DELETE /users/{name}/servers/{server_name}"],
    from: "2.0",
    before: "5.0",
    violation: /^request body is not declared$|included a non-empty body$/,
    why: "OpenAPI 3.0 had no body for DELETE, and the documents from 2.0 to 4.1 lost those of 1.x",
  },
  {
    operations: ["PATCH /users/{name}"],
    violation: /auth_state/,
    why: "B10: the documents lack it",
  },
  {
    operations: ["PATCH /proxy"],
    violation: /api_url/,
    why: "B26: the documents show keys that no hub reads, and lack the one that they do",
  },
  {
    operations: ["GET /users"],
    from: "2.3",
    violation: /query \/name_filter: is not declared/,
    why: "B1: in the code since 2.3, in no document",
  },
  {
    operations: user,
    from: "3.0",
    before: "5.0",
    violation: /query \/include_stopped_servers: is not declared/,
    why: "B7: in the code since 3.0, in the documents since 5.0",
  },
  {
    operations: ["GET /users", "GET /groups"],
    before: "2.0",
    violation: /query \/(offset|limit): is not declared/,
    why: "B4: paging came with 2.0; hubs before it ignore the parameters and answer with everything",
  },
  {
    operations: ["GET /users/{name}/shared", "GET /groups/{name}/shared"],
    from: "5.0",
    violation: /query \/(offset|limit): is not declared/,
    why: "B5: both come in pages, and the documents do not say so",
  },
];
