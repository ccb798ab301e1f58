/** Services: programs that use the hub's API. */
import { assertShape } from "../core/json.js";
import * as api from "../../generated/sdk.gen.js";
import type { Service, ServiceRequest } from "../../generated/types.gen.js";
import { send, type CallOptions, type ClientContext } from "./call.js";
import { ifDeleted, ifMatches, write } from "./reconcile.js";

/** `hub.services` */
export class Services {
  readonly #hub: ClientContext;

  constructor(hub: ClientContext) {
    this.#hub = hub;
  }

  /**
   * Returns all services.
   *
   * `GET /services` · scope `list:services`; further scopes decide which fields each service has
   * @throws ForbiddenError without the scope
   */
  async list(call?: CallOptions): Promise<Service[]> {
    const services = Object.values(await send(this.#hub, api.getServices, {}, call));
    assertShape(services.every((service) => typeof service === "object"));
    return services;
  }

  /**
   * Returns a service.
   *
   * `GET /services/{name}` · any scope that reads a part of the service, such as `read:services`
   * @throws NotFoundError if the service does not exist, or the token's scopes do not include it
   */
  async get(name: string, call?: CallOptions): Promise<Service> {
    return send(this.#hub, api.getService, { path: { name } }, call);
  }

  /**
   * Registers an external service. A service that the hub runs must be in the hub's configuration.
   *
   * `POST /services/{name}` · scope `admin:services` · since 5.0
   * @param input at least one key, such as `admin: false`. `api_token`: the service's token, of 8 to 64 characters. For
   * other lengths, hubs fail (500), but keep the service. `url`: hubs answer when something listens there, or after
   * about 30,000 ms
   * @throws ConflictError if the service exists; InvalidInputError if `input` has no key; BadRequestError if the name or
   * a key is invalid; HubError if the
   * length of `api_token` is invalid; UnsupportedByHubError before 5.0
   */
  async create(name: string, input: ServiceRequest, call?: CallOptions): Promise<Service> {
    return write(this.#hub, api.postService, { path: { name }, body: input }, call, (call) => {
      const { admin, url, info, display } = input;
      return ifMatches(this.get(name, call), { admin, url, info, display });
    });
  }

  /**
   * Deletes a service that was registered through the API.
   *
   * `DELETE /services/{name}` · scope `admin:services` · since 5.0
   * @throws BadRequestError for a service in the hub's configuration; NotFoundError if the service does not exist
   */
  async delete(name: string, call?: CallOptions): Promise<void> {
    await write(this.#hub, api.deleteService, { path: { name } }, call, (call) =>
      ifDeleted(this.get(name, call)),
    );
  }
}
