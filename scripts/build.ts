/**
 * npm run build                 bundles src/ into dist/, which is what the package ships
 *
 * Each entry of package.json becomes one ES module with rolled-up declarations; code that entries share becomes
 * separate chunks. Source maps lead to src/ and generated/, which the package ships as well. Also writes `browser.js`,
 * one file for pages without a build step, and the OpenAPI documents as JSON.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown, type InputOptions, type OutputOptions, type Plugin } from "rolldown";
import { dts } from "rolldown-plugin-dts";
import { minifySync } from "rolldown/utils";
import manifest from "../package.json" with { type: "json" };
import { correctedDocument } from "./document.js";
import type { JsonObject } from "./json.js";
import { projectionOf } from "../src/testing/mock/projection.js";
import { publishedDocument } from "./published-document.js";
import { releases } from "./known-releases.js";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** The source of each entry: `./dist/api.js` comes from `src/api.ts`, or else from `src/api/index.ts`. */
function entries(): Record<string, string> {
  const files = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? [] : [entry.default],
  );
  const names = files.map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, "$1"));
  return Object.fromEntries(
    names
      .filter((name) => name !== "browser")
      .map((name) => {
        const candidates = [`src/${name}.ts`, `src/${name}/index.ts`];
        const source = candidates.find((file) => existsSync(join(root, file)));
        if (!source) throw new Error(`dist/${name}.js has no source: ${candidates.join(" or ")}`);
        return [name, join(root, source)];
      }),
  );
}

const input: InputOptions = {
  cwd: root,
  platform: "neutral",
  checks: { pluginTimings: false },
  // Other packages are never bundled: a package that an entry needs is a peer dependency.
  external: /^(?![./\\]|[A-Za-z]:)/,
};
const output: OutputOptions = {
  dir: dist,
  format: "esm",
  sourcemap: true,
  sourcemapExcludeSources: true,
};

/** Minifies the chunks that are generated data, and leaves out their source maps, since nobody steps through data. */
const minifiedData: Plugin = {
  name: "minified-data",
  generateBundle(_, files) {
    for (const [name, file] of Object.entries(files)) {
      if (name.endsWith(".gen.js.map")) delete files[name];
      if (file.type !== "chunk" || !name.endsWith(".gen.js")) continue;
      file.code = minifySync(name, file.code).code;
    }
  },
};

/** Generated functions that are never called: src/ reads event streams and adds credentials itself. */
const unused: readonly (readonly [file: string, name: string])[] = [
  ["/serverSentEvents.gen.ts", "createSseClient"],
  ["/auth.gen.ts", "getAuthToken"],
];

const withoutUnused: Plugin = {
  name: "without-unused",
  load(id) {
    const [, name] = unused.find(([file]) => id.endsWith(file)) ?? [];
    return name === undefined ? null : `export const ${name} = undefined;`;
  },
};

async function bundle(options: InputOptions, to: OutputOptions): Promise<void> {
  const plugins = [withoutUnused, options.plugins];
  const bundled = await rolldown({ ...input, ...options, plugins });
  await bundled.write({ ...output, ...to });
  await bundled.close();
}

function writeDocuments(): void {
  const write = (file: string, document: JsonObject): void =>
    writeFileSync(join(dist, file), `${JSON.stringify(publishedDocument(document), null, 1)}\n`);
  const { document } = correctedDocument(root);
  mkdirSync(join(dist, "openapi"), { recursive: true });
  write("openapi.json", document);
  for (const version of releases) {
    write(`openapi/${version}.json`, projectionOf(document, version));
  }
}

const started = performance.now();
try {
  rmSync(dist, { recursive: true, force: true });
  const declarations = dts({ tsconfig: join(root, "tsconfig.build.json"), sourcemap: true });
  await bundle(
    { input: entries(), plugins: [declarations, minifiedData] },
    {
      // A chunk that is loaded on demand keeps its own name; the other chunks are named `shared.js`.
      chunkFileNames: ({ isDynamicEntry }) => (isDynamicEntry ? "[name].js" : "shared.js"),
      minifyInternalExports: false,
    },
  );
  await bundle(
    { input: join(root, "src/index.ts") },
    { entryFileNames: "browser.js", minify: true },
  );
  writeDocuments();
  console.log(`Built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
