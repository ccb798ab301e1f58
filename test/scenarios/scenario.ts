/**
 * The parts of a scenario: requests in order, each with its sender. The same steps run against a real hub and against
 * the fake hub, and the responses are compared.
 */

export interface Step {
  /** Method and path below the API: "GET /users/ada". `{name}` stands for a value kept by an earlier step. */
  request: string;
  /** The sender: "admin" (with all scopes), "reader", "filtered", "nobody" (no token), or a kept token: "{name}". */
  as: string;
  /** The body, sent as JSON. */
  body?: unknown;
  /** The body as text, in place of `body`. */
  text?: string;
  headers: Readonly<Record<string, string>>;
  /** The values to keep for later steps: maps the name of each value to its key in the response. */
  keep: Readonly<Record<string, string>>;
  /** Repeats the request until the response meets this condition. The last response is compared. */
  until?: (answer: SeenAnswer) => boolean;
  /** The number of times to send the request. The last response is compared. */
  times: number;
  /** Milliseconds to wait before the request. */
  after: number;
  /** The hub releases that the step is for: from `since` on, and older than `before`. By default, all. */
  since?: string;
  before?: string;
}

/** The parts of a response that a condition can read. */
export interface SeenAnswer {
  status: number;
  body: unknown;
}

export interface Scenario {
  name: string;
  steps: readonly Step[];
  since?: string;
}

/** Scenarios that run in order on one hub, and how the hub's configuration differs from the standard one. */
export interface Suite {
  name: string;
  /** Lines of Python configuration for a real hub. target.ts has the same options for the fake hub. */
  config?: readonly string[];
  scenarios: readonly Scenario[];
}

export type StepOptions = Partial<Omit<Step, "request">>;

export const send = (request: string, options: StepOptions = {}): Step => ({
  request,
  as: "admin",
  headers: {},
  keep: {},
  times: 1,
  after: 0,
  ...options,
});

/** The `Accept` header that requests a page with its pagination. */
export const paged = { Accept: "application/jupyterhub-pagination+json" } as const;

/** A step that creates a token of the user `admin` with these scopes, and keeps it under a name. */
export const tokenWith = (name: string, scopes: readonly string[], since?: string): Step =>
  send("POST /users/admin/tokens", {
    body: { scopes },
    keep: { [name]: "token" },
    ...(since !== undefined && { since }),
  });

const serverIn = ({ body }: SeenAnswer, name: string): Record<string, unknown> | undefined =>
  (body as { servers?: Record<string, Record<string, unknown>> } | undefined)?.servers?.[name];

/** A condition: the user's model shows the server as ready or, if `active` is false, does not show it. */
export const settled =
  (name: string, active: boolean) =>
  (answer: SeenAnswer): boolean => {
    const server = serverIn(answer, name);
    return active ? server?.["ready"] === true : server === undefined;
  };

/** Returns a step that waits until a user's server is ready. `untilInactive` waits until it is not active. */
export const untilReady = (user: string, name = ""): Step =>
  send(`GET /users/${user}`, { until: settled(name, true) });
export const untilInactive = (user: string, name = ""): Step =>
  send(`GET /users/${user}`, { until: settled(name, false) });
