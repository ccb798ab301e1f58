/**
 * A hub whose users are created and deleted while a client lists them. Clients reach it through an injected `fetch`.
 *
 * A page lists the users who exist at the time of its response, in the order of their ids. The test chooses the order
 * of the responses to concurrent requests, and can change the users before each response. A FakeHub cannot do this: it
 * answers in the order of the requests.
 */
import { JupyterHub, type JupyterHubOptions } from "../../src/index.js";

/** A user in the hub's database. A user who is deleted and created again has a new `created` time. */
export interface Row {
  name: string;
  created: string;
}

export interface ChangingHubOptions {
  /** The hub's `api_page_max_limit`. */
  max?: number;
  /** Called before each response, with the number of earlier responses. */
  before?: (hub: ChangingHub, answers: number) => void;
  /** Given the number of pending requests, returns the index of the one to respond to next. */
  choose?: (waiting: number) => number;
  /** True if a page shows the user. The hub cuts the list into pages before it filters the users. */
  shows?: (row: Row) => boolean;
}

export class ChangingHub {
  /** The users, in the order of their ids. */
  rows: Row[] = [];
  /** The offset and the limit of each request. */
  readonly recorded: [offset: number, limit: number][] = [];
  readonly #options: ChangingHubOptions;
  #waiting: (() => void)[] = [];
  #ids = 0;
  #answers = 0;

  constructor(count: number, options: ChangingHubOptions = {}) {
    this.#options = options;
    for (let index = 0; index < count; index += 1) this.add(`n${index}`);
  }

  add(name: string): void {
    this.#ids += 1;
    this.rows.push({ name, created: new Date(this.#ids).toISOString() });
  }

  delete(name: string): void {
    this.rows = this.rows.filter((row) => row.name !== name);
  }

  client(options: JupyterHubOptions = {}): JupyterHub {
    const url = "http://hub.test.local/hub/api";
    return new JupyterHub({ url, token: "a-token", fetch: this.#fetch, ...options });
  }

  readonly #fetch: typeof fetch = async (input, init) => {
    const { pathname, searchParams: query } = new URL(new Request(input, init).url);
    if (pathname.endsWith("/api/")) return Response.json({ version: "6.1.1" });
    const [offset, wanted] = [Number(query.get("offset")), Number(query.get("limit"))];
    this.recorded.push([offset, wanted]);
    await new Promise<void>((resolve, reject) => {
      init?.signal?.addEventListener("abort", () => {
        this.#waiting = this.#waiting.filter((one) => one !== resolve);
        reject(init.signal?.reason as Error);
      });
      this.#waiting.push(resolve);
      setImmediate(() => this.#answerOne());
    });
    this.#options.before?.(this, this.#answers);
    this.#answers += 1;
    const limit = Math.min(wanted, this.#options.max ?? 200);
    const total = this.rows.length;
    const items = this.rows.slice(offset, offset + limit);
    const next = offset + limit < total ? { offset: offset + limit, limit, url: "" } : null;
    return Response.json(
      {
        items: items.filter(this.#options.shows ?? (() => true)),
        _pagination: { offset, limit, total, next },
      },
      { headers: { "X-JupyterHub-Version": "6.1.1" } },
    );
  };

  #answerOne(): void {
    const choice = this.#options.choose?.(this.#waiting.length) ?? 0;
    this.#waiting.splice(choice, 1)[0]?.();
  }
}
