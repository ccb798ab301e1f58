/**
 * A web service whose users log in through the hub, as a Hono app.
 *
 * Users with the scope `access:services!service=<name>` have access, with a browser that is logged in or with a token
 * in the `Authorization` header. The service checks the token with the hub on every request, so that revoked access
 * ends at once. Error messages may name the hub's internal address, so they are written to the log and not sent in
 * responses.
 */
import { randomBytes } from "node:crypto";
import { Hono, type Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import {
  AuthenticationError,
  ForbiddenError,
  InvalidInputError,
  hasScope,
  type JupyterHub,
  type OAuthAttempt,
  type RequestIdentity,
} from "jupyterhub-client";

export interface ServiceOptions {
  /** A client of the hub with the service's own token, and with this service as its OAuth client. */
  hub: JupyterHub;
  /** The service's name in the hub's configuration. */
  name: string;
  /** The path prefix that the hub's proxy routes here: `/services/<name>/`. */
  prefix: string;
  /** The HTML of the first page; by default, a page with a logout button. */
  page?: string;
}

/** The message for users who are not logged in. */
const unknown = "Log in, or send a token of the hub";

export function createService({ hub, name, prefix, page }: ServiceOptions) {
  // Sessions are in memory: after a restart users log in again, mostly without noticing.
  const sessions = new Map<string, { token: string; ends: number }>();
  const signature = randomBytes(32).toString("base64url");
  // Hono compares decoded paths.
  const path = decodeURI(prefix);
  const app = new Hono<{ Variables: { user: RequestIdentity; token: string } }>();

  /** The options of a cookie that only this service receives and that scripts cannot read. */
  const cookie = (c: Context) => {
    const protocol = c.req.header("X-Forwarded-Proto") ?? new URL(c.req.url).protocol;
    const secure = protocol.startsWith("https");
    return { path: prefix, httpOnly: true, sameSite: "Lax", secure } as const;
  };

  /** Redirects a browser to the hub's login, and stores the attempt in a cookie of this browser. */
  const login = async (c: Context, next: string): Promise<Response> => {
    const { url, ...attempt } = await hub.oauth.authorizeUrl({ next: within(prefix, next) });
    await setSignedCookie(c, "attempt", JSON.stringify(attempt), signature, {
      ...cookie(c),
      maxAge: 600,
    });
    return c.redirect(url);
  };

  app.get(`${path}login`, (c) => login(c, c.req.query("next") ?? prefix));

  app.get(`${path}oauth_callback`, async (c) => {
    const kept = await getSignedCookie(c, signature, "attempt");
    deleteCookie(c, "attempt", cookie(c));
    const attempt = kept ? (JSON.parse(kept) as OAuthAttempt) : undefined;
    const { token, expires_in, next } = await hub.oauth.exchangeCode(c.req.url, attempt);
    const now = Date.now();
    for (const [id, { ends }] of sessions) if (ends < now) sessions.delete(id);
    // Each login gets a new session id that nobody can know in advance.
    const id = randomBytes(32).toString("base64url");
    sessions.set(id, { token, ends: now + expires_in * 1000 });
    await setSignedCookie(c, "session", id, signature, { ...cookie(c), maxAge: expires_in });
    return c.redirect(within(prefix, next));
  });

  /**
   * Revokes the token of a session, since others may have seen the token. Hubs then also revoke the user's other tokens
   * for this service, so the user has to log in again in other browsers. Needs the scope `tokens` for these users (see
   * main.ts); without this scope, the token stays valid until it expires.
   */
  const revoke = async (token: string): Promise<void> => {
    try {
      const { name: user } = await hub.tokens.identify(token);
      const tokens = await hub.tokens.list(user);
      const own = tokens.find((one) => one.oauth_client === `JupyterHub service ${name}`);
      if (own) await hub.tokens.revoke(user, own.id);
    } catch (error) {
      // An unknown token needs no revocation.
      if (!(error instanceof AuthenticationError)) console.error(error);
    }
  };

  /**
   * Returns whether a form comes from a page of this origin. The protocol may differ, since a proxy may terminate TLS.
   */
  const isOwn = (origin: string, c: Context): boolean =>
    URL.canParse(origin) && new URL(origin).host === c.req.header("Host");

  app.use(`${path}*`, csrf({ origin: isOwn }));

  app.post(`${path}logout`, async (c) => {
    const id = (await getSignedCookie(c, signature, "session")) || "";
    const session = sessions.get(id);
    sessions.delete(id);
    deleteCookie(c, "session", cookie(c));
    if (session) await revoke(session.token);
    return c.text("Bye. You are still logged in with the hub.");
  });

  /** All other routes need a login. */
  app.use(`${path}*`, async (c, next) => {
    const shown = /^(?:bearer|token) +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    const session = sessions.get((await getSignedCookie(c, signature, "session")) || "");
    const token = shown ?? session?.token;
    const isPage = c.req.method === "GET" && c.req.header("Accept")?.includes("text/html");
    const begin = (): Promise<Response> => login(c, c.req.path + new URL(c.req.url).search);
    if (token === undefined) {
      return isPage ? begin() : c.json({ message: unknown }, 401);
    }
    try {
      const user = await hub.tokens.identify(token);
      if (!hasScope(user, `access:services!service=${name}`)) {
        return c.json({ message: `${user.name} may not use this service` }, 403);
      }
      c.set("user", user);
      c.set("token", token);
    } catch (error) {
      // The token may expire before the session: then the user logs in again.
      if (error instanceof AuthenticationError && shown === undefined && isPage) return begin();
      throw error;
    }
    return next();
  });

  app.get(path, (c) =>
    c.html(
      page ??
        `<!doctype html><h1>${name}</h1><form method="post" action="${prefix}logout"><button>Log out</button></form>`,
    ),
  );
  app.get(`${path}me`, (c) => {
    const { kind, name } = c.get("user");
    return c.json({ kind, name });
  });

  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    if (error instanceof InvalidInputError || error instanceof ForbiddenError) {
      return c.json({ message: "This was not accepted. Log in again, or send another token" }, 403);
    }
    if (error instanceof AuthenticationError) return c.json({ message: unknown }, 401);
    console.error(error);
    return c.json({ message: "The hub cannot be asked at the moment" }, 503);
  });
  return app;
}

/** Returns the path of a link to this service; for any other link, the path of the first page. */
function within(prefix: string, link: string | undefined): string {
  const here = "http://here.invalid";
  if (link === undefined || !URL.canParse(link, here)) return prefix;
  const { origin, pathname, search } = new URL(link, here);
  return origin === here && pathname.startsWith(prefix) ? pathname + search : prefix;
}
