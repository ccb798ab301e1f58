/**
 * OAuth without a browser: the fake hub has no logins and no consent pages. A test creates a code with
 * `hub.authorizationCode`, and exchanges it just like the code of a real hub.
 */
import { InvalidInputError } from "../../core/errors.js";
import type { Call } from "./call.js";
import type { Endpoints } from "./endpoints.js";
import { json, type Reply } from "./replies.js";
import { addToken, checkScopes, tokenScopes } from "./tokens-made.js";
import type { World } from "./world.js";

export const oauth: Endpoints = {
  "GET /oauth2/authorize": { handle: authorize },
  "POST /oauth2/token": { handle: exchange },
};

/** A code, and the credentials of the OAuth client that can exchange it. */
export interface AuthorizationCode {
  /** The code. */
  code: string;
  /** The OAuth client's id. */
  clientId: string;
  /** The OAuth client's secret. */
  clientSecret: string;
}

/** Creates a code like the one that a browser gets from the consent page of a real hub. */
export function makeCode(world: World, name: string, scopes: readonly string[]): AuthorizationCode {
  const user = world.user(name);
  if (!user) throw new InvalidInputError(`The fake hub has no user named ${name}.`);
  checkScopes(world, user, scopes);
  const clientId = `service-${service}`;
  const clientSecret = world.oauthClients.get(clientId) ?? world.nextSecret("client");
  world.oauthClients.set(clientId, clientSecret);
  const code = world.nextSecret("code");
  const expiresAt = world.clock.now() + codeLifetime * 1000;
  world.codes.set(code, { client: clientId, user, scopes, expiresAt });
  return { code, clientId, clientSecret };
}

/** The service that the codes are for. */
const service = "webapp";

/** Lifetimes in seconds. */
const [codeLifetime, tokenLifetime] = [300, 1_209_600];

/** Redirects to the login page, as hubs do if no user is logged in. */
function authorize({ world, request: { url } }: Call): Reply {
  const next = encodeURIComponent(url.pathname + url.search);
  const login = `${world.basePath}hub/login?next=${next}`;
  return { status: 302, headers: { "Content-Type": "text/html", Location: login } };
}

const refused = (status: number, error: string, error_description?: string): Reply => ({
  ...json({ error, error_description }, status),
  headers: { "Cache-Control": "no-store" },
});

function exchange(call: Call): Reply {
  const { world, request } = call;
  const form = new URLSearchParams(request.text);
  if (form.get("grant_type") !== "authorization_code")
    return refused(400, "unsupported_grant_type");
  const secret = world.oauthClients.get(form.get("client_id") ?? "");
  if (secret === undefined || secret !== form.get("client_secret")) {
    return refused(401, "invalid_client");
  }
  const code = form.get("code");
  if (code === null) return refused(400, "invalid_request", "Missing code parameter.");
  const grant = world.codes.get(code);
  world.codes.delete(code);
  const isValid =
    grant?.client === form.get("client_id") &&
    grant.expiresAt >= world.clock.now() &&
    world.users.has(grant.user);
  if (!grant || !isValid) return refused(400, "invalid_grant");
  const { user } = grant;
  const access = `access:services!service=${service}`;
  const scopes = [...grant.scopes, access];
  const sessionId = world.nextSecret("session");
  const client = `JupyterHub service ${service}`;
  const token = addToken(world, user, { scopes, expiresIn: tokenLifetime, sessionId, client });
  const identity = ["read:users:groups!user", "read:users:name!user"];
  const granted = tokenScopes(world, token).has(access) ? scopes : grant.scopes;
  return {
    ...json({
      access_token: token.value,
      expires_in: tokenLifetime,
      token_type: "Bearer",
      scope: [...new Set([...granted, ...identity])].join(" "),
    }),
    headers: { "Cache-Control": "no-store" },
  };
}
