/** The releases whose contracts are known, and a function that loads a contract when it is needed. */
import type { Contract } from "../../../generated/contract.gen.js";
import { InvalidInputError } from "../../core/errors.js";
import { isAtLeast } from "../../core/version.js";

/** The known releases, oldest first. A test compares this list with the generated contracts. */
export const releases = ["1.2.2", "1.5.1", "2.3.1", "3.1.1", "4.1.6", "5.5.4", "6.1.1"] as const;

/**
 * Returns the release that a version names: "6" and "6.1" name 6.1.1.
 * @throws InvalidInputError if no known release matches
 */
export function releaseOf(version: string): string {
  const found = releases.findLast((one) => one === version || one.startsWith(`${version}.`));
  if (found) return found;
  throw new InvalidInputError(
    `No API of JupyterHub "${version}" is known here. Give one of ${releases.join(", ")}, or its beginning, such as "6".`,
  );
}

/**
 * Returns the known release that is closest to a hub's version: one of the same minor release, else one of the same
 * major release, else the newest of the older releases, else the oldest known release.
 */
export function closestRelease(version: string): string {
  const [major = "", minor = "0"] = version.split(".");
  return (
    releases.findLast((one) => one.startsWith(`${major}.${minor}.`)) ??
    releases.findLast((one) => one.startsWith(`${major}.`)) ??
    releases.findLast((one) => isAtLeast(`${major}.${minor}`, one)) ??
    releases[0]
  );
}

export async function loadContract(release: string): Promise<Contract> {
  const { contracts } = await import("../../../generated/contract.gen.js");
  return contracts[release]!;
}
