/**
 * What a scenario is: plain requests in order, each with who sends it. The same steps run against a real
 * hub and against the fake one; what both answer is compared by comparison.ts.
 */

export interface Step {
  /** Method and path below the API: "GET /users/ada". `{name}` stands for a value kept by an earlier step. */
  request: string;
  /** Whose token is sent: "admin" (everything), "reader", "filtered", "nobody", or a kept token. */
  as: string;
  /** The body, sent as JSON. */
  body?: unknown;
  /** The body as it is, in place of `body`. */
  text?: string;
  headers: Readonly<Record<string, string>>;
  /** Values of the answer that later steps use: name and key. */
  keep: Readonly<Record<string, string>>;
  /** Repeats the request until the answer fits; the last answer is compared. */
  until?: (answer: SeenAnswer) => boolean;
  /** Sends the request again and again this many times; the last answer is compared. */
  times: number;
  /** Milliseconds to let pass before the request. */
  after: number;
  /** The releases that take the step; all of them by default. */
  since?: string;
  before?: string;
}

/** An answer as a condition sees it. */
export interface SeenAnswer {
  status: number;
  body: unknown;
}

export interface Scenario {
  name: string;
  steps: readonly Step[];
  since?: string;
}

/** Scenarios that share one hub, in order, and how that hub differs from the standard configuration. */
export interface Suite {
  name: string;
  /** Python lines for a real hub; the fake has the options of the same name in suites.ts. */
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

/** The media type that asks for a page with its place among the others. */
export const paged = { Accept: "application/jupyterhub-pagination+json" } as const;

/** A token of the user `admin` with these scopes, kept under a name. */
export const tokenWith = (name: string, scopes: readonly string[], since?: string): Step =>
  send("POST /users/admin/tokens", {
    body: { scopes },
    keep: { [name]: "token" },
    ...(since !== undefined && { since }),
  });

const serverIn = ({ body }: SeenAnswer, name: string): Record<string, unknown> | undefined =>
  (body as { servers?: Record<string, Record<string, unknown>> } | undefined)?.servers?.[name];

/** Whether a user's model shows that nothing is pending for the server and it is (not) active. */
export const settled =
  (name: string, active: boolean) =>
  (answer: SeenAnswer): boolean => {
    const server = serverIn(answer, name);
    return active ? server?.["ready"] === true : server === undefined;
  };

/** Waits until a server of a user is ready, or no longer active. */
export const untilReady = (user: string, name = ""): Step =>
  send(`GET /users/${user}`, { until: settled(name, true) });
export const untilInactive = (user: string, name = ""): Step =>
  send(`GET /users/${user}`, { until: settled(name, false) });
