// Acts as a browser on a real hub: the login form, the cookies and the OAuth consent page. Sends `Sec-Fetch-Mode:
// navigate`, as browsers do when they open a page: without this header, hubs since 4.1 set no XSRF cookie. Uses
// node:http, since `fetch` always sends `cors`. Supports one origin and no cookie paths.

import { request } from "node:http";

/** The cookies of one visitor. */
export class Cookies {
  readonly #values = new Map<string, string>();

  /** Returns the value of a cookie without the quotes that it may have in the header. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.replace(/^"(.*)"$/, "$1");
  }

  /** The value for the `X-XSRFToken` header; undefined for hubs before 4.0, which do not use it. */
  get xsrf(): string | undefined {
    return this.get("_xsrf");
  }

  /** The `Cookie` header. */
  header(): string {
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Stores or removes the cookie of a `Set-Cookie` header. */
  absorb(setCookie: string): void {
    const [pair = "", ...attributes] = setCookie.split(";").map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf("="));
    const value = pair.slice(name.length + 1);
    const gone = attributes.some(
      (attribute) =>
        /^max-age=0$/i.test(attribute) ||
        (/^expires=/i.test(attribute) && Date.parse(attribute.slice(8)) < Date.now()),
    );
    if (gone) this.#values.delete(name);
    else this.#values.set(name, value);
  }
}

export interface AuthorizeRequest {
  clientId: string;
  redirectUri: string;
  state: string;
  /** Scopes or role names, separated by spaces; by default all that the client may request. */
  scope?: string;
}

/** Logs in with the login form. `hubUrl` is the base of the API or of the hub's pages. */
export async function loginByForm(
  hubUrl: string,
  username: string,
  password: string,
): Promise<Cookies> {
  const cookies = new Cookies();
  const login = `${pagesOf(hubUrl)}/login`;
  await visit(login, cookies);
  const answer = await visit(login, cookies, [
    ["username", username],
    ["password", password],
    ["_xsrf", cookies.xsrf ?? ""],
  ]);
  if (answer.status !== 302) {
    throw new Error(`The hub refused the login of ${username}: ${answer.status}.`);
  }
  // The XSRF token belongs to the session: the first page after the login sets the new one.
  await visit(`${pagesOf(hubUrl)}/home`, cookies);
  return cookies;
}

/** Consents to an OAuth client as a logged-in user and returns the authorization code. */
export async function authorizeInBrowser(
  hubUrl: string,
  cookies: Cookies,
  { clientId, redirectUri, state, scope }: AuthorizeRequest,
): Promise<string> {
  const url = new URL(`${pagesOf(hubUrl)}/api/oauth2/authorize`);
  const query = { client_id: clientId, redirect_uri: redirectUri, response_type: "code", state };
  url.search = String(new URLSearchParams(scope === undefined ? query : { ...query, scope }));

  const target = await consent(url.href, cookies);
  const code = target.searchParams.get("code");
  if (!code) throw new Error(`The hub gave no code: ${target.searchParams.get("error")}.`);
  if (target.searchParams.get("state") !== state) throw new Error("The hub changed the state.");
  return code;
}

/** Opens a link to `oauth2/authorize`, consents if the hub shows the consent page, and returns the redirect target. */
export async function consent(url: string, cookies: Cookies): Promise<URL> {
  let answer = await visit(url, cookies);
  if (answer.status === 200) answer = await visit(url, cookies, fieldsOf(answer.body));
  if (answer.status !== 302 || !answer.location) {
    throw new Error(`The hub did not authorize: ${answer.status}.`);
  }
  const target = new URL(answer.location, url);
  if (target.pathname.endsWith("/hub/login")) throw new Error("The hub wants a login first.");
  return target;
}

/** The fields of the consent form that a browser submits: the enabled inputs, except boxes that are not ticked. */
function fieldsOf(html: string): [string, string][] {
  const fields: [string, string][] = [];
  for (const [input] of html.matchAll(/<input\b[^>]*>/gi)) {
    const attribute = (name: string) => new RegExp(`\\s${name}="([^"]*)"`, "i").exec(input)?.[1];
    const name = attribute("name");
    const isBox = attribute("type")?.toLowerCase() === "checkbox";
    if (!name || /\sdisabled\b/i.test(input) || (isBox && !/\schecked\b/i.test(input))) continue;
    fields.push([name, unescapeHtml(attribute("value") ?? "on")]);
  }
  return fields;
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#34;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function pagesOf(hubUrl: string): string {
  return hubUrl.replace(/(\/api)?\/*$/, "");
}

interface Page {
  status: number;
  location: string | undefined;
  body: string;
}

/** Opens a page or submits a form. Stores cookies and does not follow redirects. */
function visit(url: string, cookies: Cookies, form?: [string, string][]): Promise<Page> {
  const body = form && String(new URLSearchParams(form));
  const headers: Record<string, string> = {
    Accept: "text/html",
    Cookie: cookies.header(),
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
  };
  if (form) {
    headers["Content-Type"] = "application/x-www-form-urlencoded";
    // Hubs before 4.0 detect a forged form by its Referer.
    headers["Referer"] = url;
  }
  return new Promise((resolve, reject) => {
    const method = form ? "POST" : "GET";
    const sent = request(url, { method, headers, agent: false, timeout: 30_000 }, (response) => {
      for (const line of response.headers["set-cookie"] ?? []) cookies.absorb(line);
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, location: received.location, body: text });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("The hub's page took longer than 30 s.")));
    sent.on("error", reject);
    sent.end(body);
  });
}
