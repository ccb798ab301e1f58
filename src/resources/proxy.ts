/** The proxy in front of the hub and its servers. */
import { getProxy, patchProxy, postProxy } from "../../generated/sdk.gen.js";
import type { PatchProxyData, ProxyRoute } from "../../generated/types.gen.js";
import { isAtLeast } from "../core/version.js";
import type { Listing } from "../workflows/listing.js";
import type { HubPage } from "../workflows/pagination.js";
import {
  discardResult,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { paginationHeaders, list, type ListOptions, type PageInput } from "./listing.js";

/** How the listing is asked for. */
export type ListRoutesInput = PageInput;
/** Where the API of another proxy is, and its token. */
export type UpdateProxyInput = PatchProxyData["body"];

/** `hub.proxy` */
export class Proxy {
  readonly #hub: ResourceContext;

  constructor(hub: ResourceContext) {
    this.#hub = hub;
  }

  /**
   * All routes of the proxy.
   *
   * `GET /proxy` · scope `proxy`
   * @param input.limit how many the hub is asked for at once, not how many come. Default 200
   * @throws ForbiddenError without the scope
   */
  listRoutes(input: ListRoutesInput = {}, call?: ListOptions): Listing<ProxyRoute> {
    return list<ListRoutesInput, ProxyRoute>(
      { input, call },
      async (call, page) => {
        // Hubs 2.x fail (500) when there are more routes than a page holds.
        const paged = isAtLeast(await this.#hub.version(call), "3.0");
        const answer = await dataOf(
          getProxy({
            ...requestOptions(this.#hub, call, paged ? paginationHeaders : {}),
            ...(paged && { query: page }),
          }),
        );
        return isPage(answer) ? { ...answer, items: valuesOf(answer.items) } : valuesOf(answer);
      },
      () => ({ keyOf: ({ routespec }) => routespec }),
    );
  }

  /**
   * Makes the hub check the proxy's routes and mend them.
   *
   * `POST /proxy` · scope `proxy`
   * @throws ForbiddenError without the scope
   */
  async sync(call?: CallOptions): Promise<void> {
    return discardResult(postProxy(requestOptions(this.#hub, call)));
  }

  /**
   * Tells the hub of a new proxy: the URL of its API and its token.
   *
   * `PATCH /proxy` · scope `proxy`
   * @throws ForbiddenError without the scope
   */
  async update(input: UpdateProxyInput, call?: CallOptions): Promise<void> {
    return discardResult(patchProxy({ ...requestOptions(this.#hub, call), body: input }));
  }
}

/** The routes of a map; what is no map stays as it is, for the listing to refuse. */
const valuesOf = (routes: object): ProxyRoute[] =>
  typeof routes === "object" && routes ? Object.values(routes) : routes;

const isPage = (
  answer: object,
): answer is Omit<HubPage<ProxyRoute>, "items"> & { items: Record<string, ProxyRoute> } =>
  typeof answer === "object" && answer !== null && "_pagination" in answer;
