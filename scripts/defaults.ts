/** The README's table of defaults, with the values of the code. */
import { defaults } from "../src/core/options.js";
import { maxDelay, maxRetryAfter, minDelay } from "../src/core/retry.js";
import { readyTimeout } from "../src/resources/admin.js";
import { atOnce, cancelTimeout } from "../src/resources/server-starts.js";
import { lifetime } from "../src/resources/tokens.js";
import { pagesAtOnce } from "../src/workflows/listing.js";
import { pageSize } from "../src/workflows/pages.js";
import { startTimeout, stopTimeout } from "../src/workflows/server.js";

const ms = (milliseconds: number): string => `${milliseconds.toLocaleString("en")} ms`;

/** The setting, its default, and the option that changes it. */
const rows: readonly (readonly [string, string, string])[] = [
  ["one attempt, headers and body", ms(defaults.timeout), "option `timeout`"],
  ["a stream without a byte", ms(defaults.timeout), "option `timeout`"],
  ["a whole call, attempts and pauses", "no limit", "`timeout` of the call"],
  [
    "`servers.start` and `startMany`, each server until it is ready",
    ms(startTimeout),
    "`timeout` of the call",
  ],
  [
    "`servers.stop`, `delete` and `stopMany`, each server until it is gone",
    ms(stopTimeout),
    "`timeout` of the call",
  ],
  ["`servers.restart`", ms(stopTimeout + startTimeout), "`timeout` of the call"],
  ["`hub.ready`", ms(readyTimeout), "`timeout` of the call"],
  ['the end of a spawn that `onAbort: "cancel"` ends', ms(cancelTimeout), ""],
  ["further attempts of a call that only reads", String(defaults.retry), "option `retry`"],
  ["the pause before the first of them, at random up to", ms(minDelay), ""],
  ["the pause before a later one, at random up to", ms(maxDelay), ""],
  ["the longest `Retry-After` that is waited for", ms(maxRetryAfter), ""],
  [
    "the body of a response, at most",
    `${defaults.maxResponseBytes.toLocaleString("en")} bytes`,
    "option `maxResponseBytes`",
  ],
  ["calls under way at once", String(defaults.maxConcurrency), "option `maxConcurrency`"],
  ["users, groups, shares or routes in a page", String(pageSize), "`limit` of the input"],
  ["pages of a listing asked for at once", String(pagesAtOnce), "`concurrency` of the call"],
  [
    "servers that `startMany` and `stopMany` work on at once",
    String(atOnce),
    "`concurrency` of the call",
  ],
  [
    "tokens of `tokens.temporary`, `servers.connection` and `servers.fetch`",
    `${lifetime.toLocaleString("en")} s`,
    "`expires_in` of the input",
  ],
];

export const defaultsTable = (): string =>
  [["", "default", "changed by"], ["---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`.replaceAll("  ", " "))
    .join("\n");
