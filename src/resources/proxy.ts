/** The proxy in front of the hub and its servers. */
import * as api from "../../generated/sdk.gen.js";
import type { PatchProxyData, ProxyRoute } from "../../generated/types.gen.js";
import { isAtLeast } from "../core/version.js";
import type { HubPage } from "../workflows/pagination.js";
import { send, type CallOptions, knownVersion, type ClientContext } from "./call.js";
import {
  list,
  paginationHeaders,
  type Listing,
  type ListOptions,
  type PageInput,
} from "./listing.js";

/** The page size of the listing. */
export type ListRoutesInput = PageInput;
/** The address of another proxy's API, and its token. */
export type UpdateProxyInput = PatchProxyData["body"];

/** `hub.proxy` */
export class Proxy {
  readonly #hub: ClientContext;

  constructor(hub: ClientContext) {
    this.#hub = hub;
  }

  /**
   * Lists all routes of the proxy.
   *
   * `GET /proxy` · scope `proxy`
   * @param input `limit`: routes per request; the listing has all routes, whatever the `limit`. Default 200
   * @throws ForbiddenError without the scope
   */
  listRoutes(input: ListRoutesInput = {}, call?: ListOptions): Listing<ProxyRoute> {
    return list<ProxyRoute>({
      input,
      call,
      fetchPage: async (query, call) => {
        // Hubs 2.x fail (500) if there are more routes than fit on a page.
        const isPaged = isAtLeast(await knownVersion(this.#hub, call), "3.0");
        const answer = await (isPaged
          ? send(this.#hub, api.getProxy, { query }, call, paginationHeaders)
          : send(this.#hub, api.getProxy, {}, call));
        return isPage(answer) ? { ...answer, items: valuesOf(answer.items) } : valuesOf(answer);
      },
      keyOf: ({ routespec }) => routespec,
    });
  }

  /**
   * Makes the hub check the proxy's routes and correct them.
   *
   * `POST /proxy` · scope `proxy`
   * @throws ForbiddenError without the scope
   */
  async sync(call?: CallOptions): Promise<void> {
    await send(this.#hub, api.postProxy, {}, call);
  }

  /**
   * Makes the hub use another proxy.
   *
   * `PATCH /proxy` · scope `proxy`
   * @throws ForbiddenError without the scope
   */
  async update(input: UpdateProxyInput, call?: CallOptions): Promise<void> {
    await send(this.#hub, api.patchProxy, { body: input }, call);
  }
}

/** Returns the routes of a map. Returns any other value unchanged: the listing refuses it. */
const valuesOf = (routes: object): ProxyRoute[] =>
  typeof routes === "object" && routes ? Object.values(routes) : routes;

const isPage = (
  answer: object | undefined,
): answer is Omit<HubPage<ProxyRoute>, "items"> & { items: Record<string, ProxyRoute> } =>
  answer !== undefined && "_pagination" in answer;
