/** Services: configured ones, and those that are created at run time. */
import type { Call } from "./call.js";
import { check, serviceShape } from "./checks.js";
import type { Endpoints } from "./endpoints.js";
import { serviceModel } from "./models.js";
import { isServiceName, isServiceToken } from "./names.js";
import { isObject, iterated, truthy } from "./python.js";
import { crash, empty, HttpError, json, type Reply } from "./replies.js";
import type { Service } from "./records.js";
import { findToken, makeToken, refusalOf } from "./tokens-made.js";

export const services: Endpoints = {
  "GET /services": { scopes: ["list:services"], listing: true, handle: list },
  "GET /services/{name}": {
    scopes: ["read:services", "read:services:name", "read:roles:services"],
    of: "service",
    handle: read,
  },
  "POST /services/{name}": { scopes: ["admin:services"], of: "service", handle: create },
  "DELETE /services/{name}": { scopes: ["admin:services"], of: "service", handle: remove },
};

function list(call: Call): Reply {
  const visible = [...call.world.services.values()].filter((service) =>
    call.reaches("list:services", service),
  );
  return json(
    Object.fromEntries(visible.map((service) => [service.name, serviceModel(call, service)])),
  );
}

function read(call: Call): Reply {
  const service = call.world.services.get(call.param("name"));
  if (!service) {
    if (!call.world.since("5.0")) throw crash();
    throw new HttpError(404, `No such service: ${call.param("name")}`);
  }
  return json(serviceModel(call, service));
}

function create(call: Call): Reply {
  const { world, body } = call;
  const name = call.param("name");
  if (world.services.has(name)) throw new HttpError(409, `Service ${name} already exists`);
  if (!isObject(body) || !truthy(body)) throw new HttpError(400, "Invalid service data");
  const fields = check({ ...body, name }, serviceShape);
  const { admin, api_token: secret, command, display, info, url } = fields;
  const { oauth_client_allowed_scopes: allowed, oauth_client_id: clientId } = fields;
  const { oauth_no_confirm: confirmed, oauth_redirect_uri: redirectUri } = fields;
  checkGranted(call, admin === true, allowed);
  if (truthy(command)) {
    throw new HttpError(400, `Can not create managed service ${name} at runtime`);
  }
  // An OAuth client needs an address to redirect to.
  const isClient = truthy(clientId) || truthy(confirmed);
  const isValid =
    isServiceName(name) &&
    (!isClient || truthy(url) || truthy(redirectUri)) &&
    String(clientId ?? "service-").startsWith("service-") &&
    /^(?:https?:|$)/i.test(String(url ?? ""));
  if (!isValid) {
    throw new HttpError(400, `Failed to create service ${name}`);
  }
  const service: Service = {
    kind: "service",
    name,
    admin: admin === true,
    roles: new Set(admin === true ? ["admin"] : []),
    url: typeof url === "string" ? url : "",
    info: isObject(info) ? info : {},
    display: display !== false,
    configured: false,
  };
  world.services.set(name, service);
  // A token that exists keeps its owner.
  if (typeof secret === "string" && secret !== "" && !findToken(world, secret)) {
    // Real hubs have created the service before they refuse its token.
    if (!isServiceToken(secret)) throw crash();
    makeToken(world, service, { value: secret });
  }
  return json(serviceModel(call, service), 201);
}

/** Refuses permissions that the owner of the sender's token does not have. */
function checkGranted({ world, sender }: Call, admin: boolean, allowed: unknown): void {
  const scopes = iterated(allowed) ?? [];
  const wanted = [...(admin ? world.scopes.admin : []), ...scopes.map(String)];
  const { unknown, excess } = refusalOf(world, sender.owner, wanted);
  if (unknown !== undefined) throw crash();
  if (excess !== undefined) throw new HttpError(400, excess);
}

function remove(call: Call): Reply {
  const { world } = call;
  const name = call.param("name");
  const service = world.services.get(name);
  if (!service) throw new HttpError(404, `Service ${name} does not exist`);
  if (service.configured) {
    throw new HttpError(405, `Service ${name} is not modifiable at runtime`);
  }
  world.services.delete(name);
  for (const [value, { owner }] of world.tokens) if (owner === service) world.tokens.delete(value);
  return empty(200);
}
