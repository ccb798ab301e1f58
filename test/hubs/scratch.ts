// Provides temporary folders and free ports for a test hub. A folder is removed on request, or at exit. A
// port is free when it is returned, and is not reserved.

import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scratch {
  readonly path: string;
  /** Removes the folder with its contents. May be called more than once. */
  remove(): void;
}

const folders = new Set<() => void>();
process.on("exit", () => {
  for (const remove of folders) remove();
});

export async function makeScratch(): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), "jupyterhub-test-"));
  const remove = (): void => {
    folders.delete(remove);
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // A leftover in the temporary folder is not an error.
    }
  };
  folders.add(remove);
  return { path, remove };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address) resolve(address.port);
        else reject(new Error("The system gave no free port."));
      });
    });
  });
}

/** Returns two different ports. Two calls of freePort may return the same port. */
export async function freePorts(): Promise<[number, number]> {
  const first = await freePort();
  const second = await freePort();
  return first === second ? freePorts() : [first, second];
}
