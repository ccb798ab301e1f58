/** Finds users and services by name. */
import { InvalidInputError } from "../../core/errors.js";
import type { Owner } from "./records.js";
import type { World } from "./world.js";

/** Returns the user with this name or, if there is none, the service. */
export function findOwner(world: World, name: string): Owner {
  const owner = world.user(name) ?? world.services.get(name);
  if (!owner) throw new InvalidInputError(`The fake hub has no user and no service named ${name}.`);
  return owner;
}
