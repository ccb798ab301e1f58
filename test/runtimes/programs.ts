/**
 * Writes the scenario as a program for each kind of runtime: beside the installed package for runtimes that resolve
 * packages, and as a bundle for the others.
 */
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { rolldown } from "rolldown";
import { program } from "../package/packed.js";

/** A program that reads the hub's address and the token from its arguments, and prints the passed checks as JSON. */
export const commandLine = join(program, "command-line.js");
/** A worker that reads the hub's address and the token from query parameters. */
export const worker = join(program, "bundled/worker.js");
/** A module for web pages, which exports the scenario. */
export const page = join(program, "bundled/scenario.js");

/** Bundles a program into one file, since workers and pages cannot load other files here. */
async function bundle(input: string, dir: string, external: string[]): Promise<void> {
  const bundled = await rolldown({ input, platform: "neutral", external });
  await bundled.write({ dir, format: "esm", codeSplitting: false });
  await bundled.close();
}

export async function writePrograms(): Promise<void> {
  const packages = ["jupyterhub-client", "jupyterhub-client/api", "jupyterhub-client/testing"];
  await bundle(join(import.meta.dirname, "scenario.ts"), program, packages);
  writeFileSync(
    commandLine,
    `import process from "node:process";
     import { JupyterHub } from "jupyterhub-client";
     import { scenario } from "./scenario.js";
     const [url, token, environment] = process.argv.slice(2);
     const passed = await scenario(url, token);
     if (environment === "environment") {
       if ((await new JupyterHub().users.get("user-000")).name !== "user-000") throw new Error();
       passed.push("address and token come from the environment");
     }
     console.log(JSON.stringify(passed));
     // A timer or connection left behind would keep the process running.
    `,
  );
  const source = join(program, "worker.js");
  writeFileSync(
    source,
    `import { scenario } from "./scenario.js";
     export default {
       async fetch(request) {
         const { searchParams } = new URL(request.url);
         try {
           return Response.json(await scenario(searchParams.get("url"), searchParams.get("token")));
         } catch (error) {
           return new Response(String(error), { status: 500 });
         }
       },
     };
    `,
  );
  await bundle(source, join(program, "bundled"), []);
  await bundle(join(program, "scenario.js"), join(program, "bundled"), []);
}
