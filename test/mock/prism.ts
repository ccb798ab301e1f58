/**
 * Prism in this process, on a free port, serving a mock copy strictly: it validates credentials, requests
 * and its own responses, and answers 500 if a response violates the document.
 */
import { createLogger } from "@stoplight/prism-core";
import { getHttpOperationsFromSpec } from "@stoplight/prism-http";
import { createServer } from "@stoplight/prism-http-server";
import { API_BASE } from "./mock-copy.js";
import type { MockDocument } from "./mock-copy.js";

export interface Prism {
  /** The API's base, `http://127.0.0.1:PORT/hub/api`. */
  url: string;
  close(): Promise<void>;
}

export async function startPrism(document: MockDocument): Promise<Prism> {
  // Prism changes its document in place, so it gets a copy.
  const operations = await getHttpOperationsFromSpec(structuredClone(document));
  const server = createServer(operations, {
    cors: false,
    components: { logger: createLogger("prism", { level: "silent" }) },
    config: {
      isProxy: false,
      checkSecurity: true,
      validateRequest: true,
      validateResponse: true,
      errors: true,
      upstreamProxy: undefined,
      mock: { dynamic: false, ignoreExamples: false },
    },
  });
  const origin = await server.listen(0, "127.0.0.1");
  return { url: origin + API_BASE, close: () => server.close() };
}
