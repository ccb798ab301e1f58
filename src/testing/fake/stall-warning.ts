/** The warning about a test that hangs because a request waits for the hub's time, which only the test advances. */
import { unref } from "./clock.js";

const warnAfterMs = 3000;

/** Warns after three seconds, unless the returned function is called first. */
export function warnOfStall(operation: string): () => void {
  const timer = setTimeout(() => {
    console.warn(
      `FakeHub: ${operation} has waited for ${warnAfterMs / 1000} s, and the hub has \`time: "manual"\`. ` +
        `Advance it with \`advance\`, but only after \`await hub.received("${operation}")\`.`,
    );
  }, warnAfterMs);
  unref(timer);
  return () => clearTimeout(timer);
}
