/**
 * Starts Prism in this process, on a free port. Prism serves a mock copy strictly: it validates credentials, requests
 * and its own responses, and answers 500 if a response violates the document. Prism is not a dependency of this
 * package, and is imported only when needed. So this file declares those of Prism's types that it uses.
 */
import { API_BASE, type MockDocument } from "./mock-copy.js";

interface PrismCore {
  createLogger(name: string, options: { level: "silent" }): object;
}

interface PrismHttp {
  getHttpOperationsFromSpec(document: object): Promise<object[]>;
}

interface PrismHttpServer {
  createServer(operations: object[], options: object): PrismServer;
}

interface PrismServer {
  listen(port: number, host: string): Promise<string>;
  close(): Promise<void>;
}

export interface Prism {
  /** The API's base, `http://127.0.0.1:PORT/hub/api`. */
  url: string;
  close(): Promise<void>;
}

/** @throws Error if Prism is not installed */
export async function startPrism(document: MockDocument): Promise<Prism> {
  const { createLogger } = await load<PrismCore>("@stoplight/prism-core");
  const { getHttpOperationsFromSpec } = await load<PrismHttp>("@stoplight/prism-http");
  const { createServer } = await load<PrismHttpServer>("@stoplight/prism-http-server");
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

/**
 * Imports an optional peer dependency. The name is passed as a variable, because bundlers would try to resolve a
 * literal.
 */
async function load<Module>(name: string): Promise<Module> {
  try {
    const loaded = (await import(name)) as { default?: Module } & Module;
    // Prism's modules are CommonJS. Node may not find their named exports, but always provides `default`.
    return loaded.default ?? loaded;
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw cause;
    throw new Error(
      `startMockHub needs Prism, and ${name} is not installed. Run: npm install --save-dev ` +
        "@stoplight/prism-core@5 @stoplight/prism-http@5 @stoplight/prism-http-server@5",
      { cause },
    );
  }
}
