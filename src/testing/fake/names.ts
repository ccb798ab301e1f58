/** Which names and tokens hubs accept. */

export const normalizeUserName = (name: string): string => name.toLowerCase();

export function isUserName(name: string): boolean {
  let decoded = name;
  try {
    decoded = decodeURIComponent(name);
  } catch {
    // The name is not percent-encoded.
  }
  const dots = /^\.+$/;
  const isDots = dots.test(name) || dots.test(decoded);
  return name !== "" && !name.includes("/") && name === name.trim() && !isDots;
}

/** Whether hubs accept a name for a service: it must be a valid user name without percent-encoded characters. */
export const isServiceName = (name: string): boolean =>
  isUserName(name) && !/%[\da-f]{2}/i.test(name);

/** The maximum length of a token. Hubs do not look up longer ones. */
export const longestToken = 64;
const shortestToken = 8;

/** Whether a hub accepts a value as the token of a service. */
export const isServiceToken = ({ length }: string): boolean =>
  length >= shortestToken && length <= longestToken;
