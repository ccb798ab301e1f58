/** Serves a `fetch` function over HTTP, in Node. If the function rejects, the connection breaks. */

/** The part of Node's HTTP module that is used here, so that the package does not need Node's types. */
interface NodeHttp {
  createServer(listener: (request: IncomingMessage, response: ServerResponse) => void): Server;
}

interface IncomingMessage extends AsyncIterable<Uint8Array> {
  method?: string;
  url?: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface ServerResponse {
  once(event: "close", listener: () => void): void;
  writeHead(status: number, headers: Record<string, string>): void;
  flushHeaders(): void;
  write(part: Uint8Array): void;
  end(): void;
  destroy(): void;
}

interface Server {
  once(event: "error", listener: (error: Error) => void): Server;
  listen(port: number, host: string, listener: () => void): void;
  address(): { port: number } | string | null;
  close(listener: () => void): void;
  closeAllConnections(): void;
}

export interface Listening {
  /** "http://127.0.0.1:<port>" */
  origin: string;
  close(): Promise<void>;
}

const nodeHttp: string = "node:http";

type Answer = (url: string, init: RequestInit) => Promise<Response>;

export async function serve(answer: Answer, port: number): Promise<Listening> {
  // The name is passed as a variable, because bundlers for other runtimes would try to resolve a literal.
  const { createServer } = (await import(nodeHttp)) as NodeHttp;
  const server = createServer((request, response) => {
    handle(answer, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return { origin: `http://127.0.0.1:${bound}`, close: async () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function handle(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  response.once("close", () => left.abort());
  const { method = "GET", headers, url = "/" } = request;
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const answered = await answer(`http://${headers["host"] ?? "127.0.0.1"}${url}`, {
    method,
    headers: given,
    signal: left.signal,
    // A Request cannot have the body that some clients send with GET. Hubs ignore it.
    ...(chunks.length > 0 && !bodiless.has(method) && { body: joined(chunks) }),
  });
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  // Send the headers at once, so that a client sees the beginning of a stream before its first event.
  response.flushHeaders();
  const reader = answered.body?.getReader();
  response.once("close", () => void reader?.cancel().catch(() => undefined));
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    response.write(part.value);
  }
  response.end();
}

const bodiless = new Set(["GET", "HEAD"]);

function joined(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
