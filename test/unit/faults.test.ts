/** Broken connections and incomplete responses, on real sockets. */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { getUser } from "../../src/api.js";
import { ConnectionError, JupyterHub, UnexpectedResponseError } from "../../src/index.js";
import { selfSigned } from "./certificate.js";
import {
  answering,
  expectNoSecret,
  hubOf,
  listening,
  rejectionOf,
  secrets,
  serveSocket,
} from "./helpers.js";

const head = (...lines: string[]): string =>
  ["HTTP/1.1 200 OK", "X-JupyterHub-Version: 6.1.1", ...lines, "", ""].join("\r\n");
const json = "Content-Type: application/json";

/** Returns the error and the URL of a call to a server that reads the request and then runs `respond`. */
async function failureOf(
  respond: (socket: Socket) => void,
): Promise<{ error: unknown; url: string }> {
  await using server = await serveSocket((socket) => socket.once("data", () => respond(socket)));
  const hub = new JupyterHub({ url: server.url, token: secrets.token, retry: 0 });
  return {
    error: await rejectionOf(hub.users.get("ada")),
    url: `${server.url}/hub/api/users/ada`,
  };
}

describe("the error for a port where nothing listens", () => {
  it("names the URL and says what to check", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const hub = new JupyterHub({ url: `http://127.0.0.1:${port}`, token: secrets.token, retry: 0 });
    const error = await rejectionOf(hub.users.get("ada"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toBe(
      `GET http://127.0.0.1:${port}/hub/api/users/ada: the connection failed (ECONNREFUSED). ` +
        "Nothing listens there: check the url and whether the hub is up.",
    );
    expect((error as Error).cause).toMatchObject({ name: "TypeError", message: "fetch failed" });
    expectNoSecret(error);
  });
});

describe("a connection that fails", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["is reset before the headers", (socket) => socket.resetAndDestroy()],
    ["is closed before the headers", (socket) => socket.end()],
    ["is closed within the headers", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-")],
    [
      "is reset within the body",
      (socket) =>
        socket.write(`${head(json, "Content-Length: 100")}{"na`, () => socket.resetAndDestroy()),
    ],
    [
      "is closed within the body",
      (socket) => socket.end(`${head(json, "Content-Length: 100")}{"name": "ada"}`),
    ],
    [
      "is closed within a chunk",
      (socket) => socket.end(`${head(json, "Transfer-Encoding: chunked")}ff\r\n{"name": "ada"}`),
    ],
    [
      "is closed between chunks",
      (socket) => socket.end(`${head(json, "Transfer-Encoding: chunked")}2\r\n{}\r\n`),
    ],
  ])("causes a ConnectionError if it %s", async (_, respond) => {
    const { error, url } = await failureOf(respond);
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toContain(`GET ${url}: the connection failed (`);
    expect(error).toMatchObject({ method: "GET", url });
    expect((error as Error).cause).toBeInstanceOf(Error);
    expectNoSecret(error);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["is not HTTP", (socket) => socket.end(`SSH-2.0-${secrets.value}\r\n`)],
    [
      "has a malformed chunk",
      (socket) => socket.end(`${head(json, "Transfer-Encoding: chunked")}${secrets.value}\r\n{}`),
    ],
    [
      "has a malformed header",
      (socket) => socket.end(`${head(json, `Bad\0Header: ${secrets.value}`)}{}`),
    ],
    [
      "is not compressed as it declares",
      (socket) => {
        const length = `Content-Length: ${secrets.value.length}`;
        socket.end(`${head(json, "Content-Encoding: gzip", length)}${secrets.value}`);
      },
    ],
  ])(
    "causes a ConnectionError that quotes nothing of the response if the response %s",
    async (_, respond) => {
      const { error } = await failureOf(respond);
      expect(error).toBeInstanceOf(ConnectionError);
      expectNoSecret(error);
    },
  );

  it("is described by the code or message of the error that a custom fetch rejects with", async () => {
    for (const [cause, what] of [
      [Object.assign(new Error("x"), { code: "EPIPE" }), "EPIPE"],
      [new Error("it broke"), "it broke"],
      ["a word", "no response"],
      [undefined, "no response"],
      [null, "no response"],
    ] as const) {
      const hub = hubOf(answering(() => Promise.reject(cause)));
      const error = await rejectionOf(hub.users.get("ada"));
      expect(error).toBeInstanceOf(ConnectionError);
      expect((error as Error).message).toMatch(`users/ada: the connection failed (${what}).`);
    }
  });

  it.each([
    ["ENOTFOUND", "No such host: check the url."],
    ["EAI_AGAIN", "No such host: check the url."],
    ["SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "NODE_EXTRA_CA_CERTS"],
    ["CERT_HAS_EXPIRED", "Its certificate has expired."],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "Its certificate is for another host: check the url."],
  ])("with %s leads to the advice: %s", async (code, advice) => {
    const failure = new TypeError("fetch failed", {
      cause: Object.assign(new Error("x"), { code }),
    });
    const error = await rejectionOf(
      hubOf(answering(() => Promise.reject(failure))).users.get("ada"),
    );
    expect((error as Error).message).toContain(`(${code}).`);
    expect((error as Error).message).toContain(advice);
    // The cause is a copy, since an error of a library may contain the request.
    expect((error as Error).cause).toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      stack: failure.stack,
      cause: { message: "x", code },
    });
  });
});

describe("a certificate that is not trusted", () => {
  it("causes a ConnectionError that names NODE_EXTRA_CA_CERTS", async () => {
    let received = "";
    const server = createTlsServer(selfSigned("localhost"), (socket) => {
      socket.on("data", (data) => (received += String(data)));
    });
    server.on("tlsClientError", () => {});
    await using listen = await listening(server);
    const url = listen.url.replace("http:", "https:");
    const hub = new JupyterHub({ url, token: secrets.token });
    const error = await rejectionOf(hub.users.get("ada"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toMatch(
      /the connection failed \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Its certificate is not trusted: .* NODE_EXTRA_CA_CERTS\.$/,
    );
    expectNoSecret(error);
    expect(received).toBe("");
  });
});

describe("a response with the status 200 and invalid JSON", () => {
  const body = `{"name": "ada", "token": "${secrets.value}" oops`;
  const sized = `Content-Length: ${body.length}`;

  it("causes an UnexpectedResponseError that does not quote the body", async () => {
    const { error, url } = await failureOf((socket) => socket.write(head(json, sized) + body));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect(error).toMatchObject({ method: "GET", url });
    expect((error as Error).message).toContain("labelled JSON, but is not");
    expectNoSecret(error);
  });

  it("is not quoted in the errors of raw functions either", async () => {
    await using server = await serveSocket((socket) =>
      socket.once("data", () => socket.write(head(json, sized) + body)),
    );
    const { client } = new JupyterHub({ url: server.url, token: secrets.token, retry: 0 });
    const { error } = await getUser({ client, path: { name: "ada" } });
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expectNoSecret(error);
  });

  it.each([
    ["an empty body with the length 0", [json, "Content-Length: 0"], ""],
    ["an empty body in chunks", [json, "Transfer-Encoding: chunked"], "0\r\n\r\n"],
    ["an empty body without a media type", ["Content-Length: 0"], ""],
  ])("causes an UnexpectedResponseError if it has %s", async (_, headers, rest) => {
    const { error } = await failureOf((socket) => socket.write(head(...headers) + rest));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect((error as Error).message).toContain("answered 200 with nothing");
  });
});
