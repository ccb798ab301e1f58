// Runs a child process and everything that it starts as one process group. stop() and the exit of this process end the
// whole group by its id. If this process is killed, the child's stdin closes, and the child ends the group. Nothing in
// this file is specific to hubs.

import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export interface GroupOptions {
  cwd: string;
  env: Record<string, string>;
  /** The texts to redact from the log. */
  secrets: readonly string[];
}

export interface ProcessGroup {
  /** Returns what the group has written to standard output and standard error so far, with the secrets redacted. */
  log(): string;
  running(): boolean;
  /** The exit code of the first process; null if it was killed or could not be started. */
  readonly exited: Promise<number | null>;
  /** Sends SIGTERM to the group, and SIGKILL if it still runs after 5 s. Later calls return the same promise. */
  stop(): Promise<void>;
  /** Kills the group at once, as a power failure would. */
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
  // `detached` makes the child the leader of a new process group, whose id is the child's pid.
  const child = spawn(command, args, { cwd, env, detached: true });
  let output = "";
  let running = true;

  const collect = (chunk: string) => (output = (output + chunk).slice(-keptChars));
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  child.stdin.on("error", () => {}); // writing to an ended child is no error

  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The group has ended already.
    }
  };
  const end = () => signal("SIGKILL");
  alive.add(end);

  const exited = new Promise<number | null>((resolve) => {
    child.on("exit", () => {
      running = false;
      // Ends the other processes of the group at once, before the group's id can be reused.
      end();
      alive.delete(end);
    });
    // "close" follows "exit", and the log is then complete.
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
