/** The TypeScript blocks of README and docs/. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../spec/root.js";

export interface DocsBlock {
  /** The file and the block's line. */
  name: string;
  code: string;
  /**
   * True if the block is compiled but not run, since it needs a browser, a login or a program that answers at a
   * server's address.
   */
  compileOnly: boolean;
}

/** The README files and docs/, except for the generated page. */
export const pages = [
  "README.md",
  "src/README.md",
  "examples/README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md") && name !== "upstream-corrections.md")
    .map((name) => `docs/${name}`),
];

/** All blocks, except those with `file=`, which are separate tests. */
export const docsBlocks: readonly DocsBlock[] = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```ts( compile)?\n([^]*?)^```$/gm)].map((match) => ({
    name: `${page}:${text.slice(0, match.index).split("\n").length}`,
    code: match[2]!,
    compileOnly: match[1] !== undefined,
  }));
});

/** The declarations of the names that blocks may use without declaring them. */
export const given = `
import type { JupyterHub as Client } from "jupyterhub-client";
import type { FakeHub as Fake, checkHub as check } from "jupyterhub-client/testing";
declare global {
  var JupyterHub: typeof Client;
  type JupyterHub = Client;
  var FakeHub: typeof Fake;
  var hub: Client;
  var token: string;
  var password: string;
  var key: string;
  var link: string;
  var request: Request;
  var fake: Fake;
  var checkHub: typeof check;
}
`;
