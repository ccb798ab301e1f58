/** The size that the package adds to a web page, minified and compressed with gzip. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sizeLimit from "size-limit";
import { expect, it } from "vitest";
import { program } from "./packed.js";

type Plugin = Parameters<typeof sizeLimit>[0][number];
// Imported by computed names, since these plugins have no type declarations.
const plugins = await Promise.all(
  ["@size-limit/esbuild", "@size-limit/file"].map(
    async (name) => ((await import(name)) as { default: Plugin }).default,
  ),
);

/** The maximum sizes, in thousands of bytes. */
const budgets = { client: 36.6, operation: 20.2 };

const client = 'import { JupyterHub } from "jupyterhub-client"; console.log(JupyterHub);';
const operation =
  'import { createClient, getUsers } from "jupyterhub-client/api"; console.log(createClient, getUsers);';

/** Returns the size in bytes of a program that consists of these lines, bundled and compressed. */
async function sizeOf(lines: string): Promise<number> {
  const path = join(mkdtempSync(join(program, "size-")), "index.js");
  writeFileSync(path, lines);
  const results = await sizeLimit(plugins, { checks: [{ files: [path], gzip: true }] });
  return (results as [{ size: number }])[0].size;
}

it.each([
  ["the whole client", budgets.client, client],
  ["one operation of the api", budgets.operation, operation],
])("%s is at most %d kB", async (name, limit, lines) => {
  const size = await sizeOf(lines);
  console.log(`${name}: ${(size / 1000).toFixed(2)} kB of ${limit}`);
  expect(size / 1000).toBeLessThanOrEqual(limit);
  // A limit far above the size would not notice growth.
  expect(size / 1000).toBeGreaterThan(limit * 0.8);
});
