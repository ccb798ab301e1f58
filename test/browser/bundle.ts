/**
 * Bundles the built package as an application would, and serves pages that load the bundle.
 *
 * Behind a hub's proxy, these pages belong to a service of the hub. On the page server's own port, their origin is not
 * the hub's.
 */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The package as one file, for pages without a build step. */
export const browserFile = join(root, "dist/browser.js");

interface Esbuild {
  build(options: object): Promise<{ outputFiles: [{ text: string }] }>;
}
// esbuild is a dependency of tsx.
const { build } = createRequire(createRequire(import.meta.url).resolve("tsx"))(
  "esbuild",
) as Esbuild;

let bundled: Promise<string> | undefined;

/** Returns a script that defines the package as the global `jupyterhub`, with the operations in `jupyterhub.api`. */
export const bundle = (): Promise<string> =>
  (bundled ??= build({
    stdin: {
      contents: 'export * from "jupyterhub-client"; export * as api from "jupyterhub-client/api";',
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "jupyterhub",
    platform: "browser",
    target: "es2022",
  }).then(({ outputFiles }) => outputFiles[0].text));

export interface PageServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
}

/** Serves, at every path, a page that loads the package. */
export async function servePages(): Promise<PageServer> {
  const script = await bundle();
  const server = createServer((request, response) => {
    const isScript = request.url?.endsWith("/client.js");
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript ? script : '<!doctype html><title>A page</title><script src="client.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("The server has no port.");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
