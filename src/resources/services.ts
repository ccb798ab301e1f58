/** Services: programs beside the hub that act by its API. */
import { assertShape } from "../core/json.js";
import { deleteService, getService, getServices, postService } from "../../generated/sdk.gen.js";
import type { Service, ServiceRequest } from "../../generated/types.gen.js";
import {
  discardResult,
  omitEmpty,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { ifDeleted, ifMatches, reconcile } from "./reconcile.js";

/** `hub.services` */
export class Services {
  readonly #hub: ResourceContext;

  constructor(hub: ResourceContext) {
    this.#hub = hub;
  }

  /**
   * All services.
   *
   * `GET /services` · scope `list:services`; what each holds depends on further scopes
   * @throws ForbiddenError without the scope
   */
  async list(call?: CallOptions): Promise<Service[]> {
    const services = Object.values(await dataOf(getServices(requestOptions(this.#hub, call))));
    assertShape(services.every((service) => typeof service === "object"));
    return services;
  }

  /**
   * One service.
   *
   * `GET /services/{name}` · any scope that reads a part of the service, such as `read:services`
   * @throws NotFoundError when there is no such service, or the token's scopes do not reach it
   */
  async get(name: string, call?: CallOptions): Promise<Service> {
    return dataOf(getService({ ...requestOptions(this.#hub, call), path: { name } }));
  }

  /**
   * Registers an external service. One that the hub itself is to run needs its configuration.
   *
   * `POST /services/{name}` · scope `admin:services` · since 5.0
   * @param input.api_token the service's token, of 8 to 64 characters
   * @throws ConflictError when it exists; BadRequestError when the name or a key does not fit;
   * UnsupportedByHubError before 5.0
   */
  async create(name: string, input: ServiceRequest = {}, call?: CallOptions): Promise<Service> {
    return reconcile(
      call,
      (call) =>
        dataOf(
          postService({ ...requestOptions(this.#hub, call), path: { name }, ...omitEmpty(input) }),
        ),
      (call) => {
        const { api_token: _, ...visible } = input;
        return ifMatches(this.get(name, call), visible);
      },
    );
  }

  /**
   * Deletes a service that was registered by the API.
   *
   * `DELETE /services/{name}` · scope `admin:services` · since 5.0
   * @throws BadRequestError for one from the hub's configuration; NotFoundError when there is no such service
   */
  async delete(name: string, call?: CallOptions): Promise<void> {
    return reconcile(
      call,
      (call) =>
        discardResult(deleteService({ ...requestOptions(this.#hub, call), path: { name } })),
      (call) => ifDeleted(this.get(name, call)),
    );
  }
}
