/** The table of defaults in docs/networks.md, with the values that the code uses. */
import { defaults } from "../src/core/options.js";
import { maxDelay, maxRetryAfter, minDelay } from "../src/core/retry.js";
import { readyTimeout } from "../src/client.js";
import { defaultConcurrency, cancelTimeout } from "../src/resources/server-starts.js";
import { lifetime } from "../src/resources/tokens.js";
import { pagesInFlight } from "../src/resources/listing.js";
import { pageSize } from "../src/workflows/pagination.js";
import { startTimeout, stopTimeout } from "../src/workflows/server-state.js";

const ms = (milliseconds: number): string => `${milliseconds.toLocaleString("en")} ms`;

/** The setting, its default, and the option that changes it. */
const rows: readonly (readonly [string, string, string])[] = [
  ["one attempt, including the body", ms(defaults.timeout), "option `timeout`"],
  ["a stream without data", ms(defaults.timeout), "option `timeout`"],
  ["a whole call with all attempts", "no limit", "`timeout` of the call"],
  [
    "`servers.start` and `startMany`, each server until it is ready",
    ms(startTimeout),
    "`timeout` of the call",
  ],
  [
    "`servers.stop`, `delete` and `stopMany`, each server until it has stopped",
    ms(stopTimeout),
    "`timeout` of the call",
  ],
  ["`servers.restart`", ms(stopTimeout + startTimeout), "`timeout` of the call"],
  ["`hub.waitUntilReady`", ms(readyTimeout), "`timeout` of the call"],
  ['the cancellation of a start with `onAbort: "cancel"`', ms(cancelTimeout), ""],
  ["retries of a safe method (GET)", String(defaults.retry), "option `retry`"],
  ["the delay before the first retry, at random up to", ms(minDelay), ""],
  ["the limit of later delays, doubled each time, at most", ms(maxDelay), ""],
  ["the longest accepted `Retry-After`", ms(maxRetryAfter), ""],
  [
    "the maximum body of a response",
    `${defaults.maxResponseBytes.toLocaleString("en")} bytes`,
    "option `maxResponseBytes`",
  ],
  ["concurrent requests", String(defaults.maxConcurrency), "option `maxConcurrency`"],
  ["users, groups, shares or routes per page", String(pageSize), "`limit` of the input"],
  ["concurrent requests of a listing", String(pagesInFlight), "`concurrency` of the call"],
  [
    "concurrent starts or stops of `startMany` and `stopMany`",
    String(defaultConcurrency),
    "`concurrency` of the call",
  ],
  [
    "tokens of `tokens.createTemporary` and `servers.connect`",
    `${lifetime.toLocaleString("en")} s`,
    "`expires_in` of the input",
  ],
  ["tokens of `servers.fetch`", `${lifetime.toLocaleString("en")} s`, ""],
];

export const defaultsTable = (): string =>
  [["", "default", "changed by"], ["---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`.replaceAll("  ", " "))
    .join("\n");
