/** Says why a test hangs: a request waits for the time of its hub, which only the test lets pass. */
import { unref } from "./clock.js";

const patienceMs = 3000;

/** Warns after some seconds, unless the returned function is called before. */
export function warnOfStandingTime(operation: string): () => void {
  const timer = setTimeout(() => {
    console.warn(
      `FakeHub: ${operation} has waited for ${patienceMs / 1000} s, and the hub has \`time: "manual"\`. ` +
        `Let its time pass with \`advance\`, but only after \`await hub.received("${operation}")\`.`,
    );
  }, patienceMs);
  unref(timer);
  return () => clearTimeout(timer);
}
