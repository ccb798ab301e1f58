/** Compares JupyterHub versions by their leading numbers: 6.0.0b2 equals 6.0.0. */

const numbers = (version: string): number[] =>
  (/^\d+(\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);

/** Returns whether `version` is `since` or newer. */
export function isAtLeast(version: string, since: string): boolean {
  const [actual, wanted] = [numbers(version), numbers(since)];
  for (const [index, part] of wanted.entries()) {
    const difference = (actual[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
