/**
 * Compares the built package with alternative packages: the size that each adds to a page, its import time and the
 * compiler's work. The alternatives are installed at exact versions below .cache.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { addTable, limit } from "./bench-output.js";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".cache/bench-peers");

const peers = {
  "openapi-fetch": "0.17.0",
  ky: "1.14.3",
  axios: "1.21.1",
  "@octokit/rest": "22.0.1",
  openai: "7.57.0",
  "@jupyterlab/services": "7.6.6",
};

interface Entry {
  name: string;
  /** The names that a page imports, as written after `import`. */
  imports: string;
  from: string;
  /** A few lines of code that use the imported names. */
  uses: string;
  importMs?: number;
}

const entries: readonly Entry[] = [
  {
    name: "jupyterhub-client",
    imports: "{ JupyterHub }",
    from: "jupyterhub-client",
    uses: 'export const users = new JupyterHub({ url: "https://hub.example.org" }).users.list();',
    importMs: 15,
  },
  {
    name: "jupyterhub-client/api, one operation",
    imports: "{ createClient, getUser }",
    from: "jupyterhub-client/api",
    uses:
      'const client = createClient({ url: "https://hub.example.org" });\n' +
      'export const user = getUser({ client, path: { name: "ada" } });',
    importMs: 12,
  },
  {
    name: "openapi-fetch",
    imports: "createClient",
    from: "openapi-fetch",
    uses: 'export const client = createClient<{}>({ baseUrl: "https://hub.example.org" });',
  },
  {
    name: "ky",
    imports: "ky",
    from: "ky",
    uses: 'export const user = ky.get("https://hub.example.org").json();',
  },
  {
    name: "axios",
    imports: "axios",
    from: "axios",
    uses: 'export const user = axios.get("https://hub.example.org");',
  },
  {
    name: "@octokit/rest",
    imports: "{ Octokit }",
    from: "@octokit/rest",
    uses: 'export const user = new Octokit().users.getByUsername({ username: "ada" });',
  },
  {
    name: "openai",
    imports: "OpenAI",
    from: "openai",
    uses: 'export const models = new OpenAI({ apiKey: "a-key" }).models.list();',
  },
  {
    name: "@jupyterlab/services",
    imports: "{ ServerConnection, KernelManager }",
    from: "@jupyterlab/services",
    uses: "export const kernels = new KernelManager({ serverSettings: ServerConnection.makeSettings() });",
  },
];

function install(): void {
  const manifest = join(folder, "package.json");
  if (!existsSync(join(folder, "node_modules/openai"))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(manifest, JSON.stringify({ type: "module", dependencies: peers }));
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: folder });
  }
  const ours = join(folder, "node_modules/jupyterhub-client");
  if (!existsSync(ours)) symlinkSync(root, ours);
}

/** Returns the size of a page that imports the entry, in bytes, minified and compressed. */
async function sizeOf({ imports, from }: Entry): Promise<number> {
  const names = imports.replace(/[{}]/g, "");
  const { outputFiles } = await build({
    stdin: {
      contents: `import ${imports} from "${from}"; console.log(${names});`,
      resolveDir: folder,
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * Returns the milliseconds of `await import()` in a new process, minus those for an empty module: the median of 11
 * runs.
 */
function importTimeOf({ from }: Entry): number {
  writeFileSync(join(folder, "empty.js"), "export {};");
  const program = `
    const timeOf = async (name) => {
      const begun = performance.now();
      await import(name);
      return performance.now() - begun;
    };
    const empty = await timeOf("./empty.js");
    console.log(await timeOf(process.argv[2]) - empty);`;
  writeFileSync(join(folder, "import-time.js"), program);
  const times = Array.from({ length: 11 }, () =>
    Number(execFileSync(process.execPath, ["import-time.js", from], { cwd: folder })),
  );
  return median(times);
}

/** Returns how many types the compiler creates for a file that uses the entry, and the seconds that it takes. */
function compilerCostOf({ imports, from, uses }: Entry): { types: string; check: string } {
  writeFileSync(join(folder, "consumer.ts"), `import ${imports} from "${from}";\n${uses}\n`);
  const options =
    "--noEmit --ignoreConfig --strict --skipLibCheck --module nodenext --target es2022 " +
    "--lib es2022,dom,dom.iterable,esnext.disposable --extendedDiagnostics consumer.ts";
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const output = String(
    execFileSync(process.execPath, [tsc, ...options.split(" ")], { cwd: folder }),
  );
  const found = (what: string): string =>
    new RegExp(`${what}:\\s+([\\d.]+)`).exec(output)?.[1] ?? "";
  return {
    types: Number(found("Types")).toLocaleString("en"),
    check: found("Total time"),
  };
}

/** Returns the result of `measure`, or the start of the error message if it throws. */
const orError = (measure: () => string): string => {
  try {
    return measure();
  } catch (error) {
    return String((error as Error).message)
      .split("\n")[0]!
      .slice(0, 60);
  }
};

/**
 * Measures the packages, and adds the results to the benchmark's tables. Returns whether the import times are within
 * their limits.
 */
export async function compareDelivery(): Promise<boolean> {
  install();
  let isKept = true;
  const rows: string[][] = [];
  for (const entry of entries) {
    const size = await sizeOf(entry).catch((error: unknown) => error);
    const sizeCell =
      typeof size === "number" ? `${(size / 1000).toFixed(1)} kB` : String(size).slice(0, 60);
    const importCell = orError(() => {
      const time = importTimeOf(entry);
      const { importMs = Infinity } = entry;
      isKept &&= time <= importMs;
      const most =
        importMs === Infinity ? "" : `, ${limit(`at most ${importMs}`, time <= importMs)}`;
      return `${time.toFixed(1)} ms${most}`;
    });
    let types = "";
    const check = orError(() => {
      const cost = compilerCostOf(entry);
      types = cost.types;
      return `${cost.check} s`;
    });
    rows.push([entry.name, sizeCell, importCell, types, check]);
  }
  addTable({
    title: "Size, import and types",
    note:
      "Minified and compressed with gzip, in a page; `await import()` in Node, net of an empty module, median of 11; " +
      "types that `tsc` creates and its time for a file of a few lines, with `skipLibCheck`. Versions: " +
      Object.entries(peers)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ") +
      ".",
    columns: ["package", "min+gzip", "import", "types", "tsc"],
    rows,
  });
  return isKept;
}
