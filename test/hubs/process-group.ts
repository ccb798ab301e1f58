// Owns one child process with everything it starts: a process group of its own, its output, its
// end. Nothing outlives us: stop() and our own exit end the whole group by its id, and the child
// gets a stdin that closes when we are killed outright (it ends its group itself then).
// Knows nothing of hubs.

import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export interface GroupOptions {
  cwd: string;
  env: Record<string, string>;
  /** Taken out of the log. */
  secrets: readonly string[];
}

export interface ProcessGroup {
  /** Standard output and error as they came, without the secrets. */
  log(): string;
  running(): boolean;
  /** The exit code of the first process; null when it was killed, or could not be started. */
  readonly exited: Promise<number | null>;
  /** Ends all of it: politely, after 5 s by force. Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** Ends all of it at once, as a power cut would. */
  kill(): Promise<void>;
}

const politeMs = 5000;
const keptChars = 2_000_000;

const alive = new Set<() => void>();
process.on("exit", () => {
  for (const end of alive) end();
});

export function startProcessGroup(
  command: string,
  args: string[],
  options: GroupOptions,
): ProcessGroup {
  const { cwd, env, secrets } = options;
  // `detached` makes it the leader of a new process group, whose id is its pid.
  const child = spawn(command, args, { cwd, env, detached: true });
  let output = "";
  let running = true;

  const collect = (chunk: string) => (output = (output + chunk).slice(-keptChars));
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  child.stdin.on("error", () => {}); // a child that ends closes it under us: no news

  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // Everybody is gone already.
    }
  };
  const end = () => signal("SIGKILL");
  alive.add(end);

  const exited = new Promise<number | null>((resolve) => {
    child.on("exit", () => {
      running = false;
      // At once, while the id is surely still ours: those whom the leader left behind.
      end();
      alive.delete(end);
    });
    // Later than "exit": the log is complete.
    child.on("close", (code) => resolve(code));
    child.on("error", (error) => {
      if (child.pid !== undefined) return;
      collect(`${error.message}\n`);
      running = false;
      end();
      alive.delete(end);
      resolve(null);
    });
  });

  async function stop(): Promise<void> {
    if (running) signal("SIGTERM");
    const waiting = new AbortController();
    const late = sleep(politeMs, "late" as const, { signal: waiting.signal }).catch(() => {});
    if ((await Promise.race([exited, late])) === "late") signal("SIGKILL");
    await exited;
    waiting.abort();
  }

  let stopping: Promise<void> | undefined;
  return {
    log: () => secrets.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), output),
    running: () => running,
    exited,
    stop: () => (stopping ??= stop()),
    async kill() {
      if (running) signal("SIGKILL");
      await exited;
    },
  };
}
