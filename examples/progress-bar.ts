/** A progress bar for a start: redrawn on a terminal, one line for each event in a pipe. */
import type { Server, ServerStart } from "jupyterhub-client";

const width = 20;
/** A bar of 20 characters. */
export const bar = (percent: number): string =>
  "█".repeat(Math.round((percent * width) / 100)).padEnd(width, "░");

/** Shows the events of a start, and returns its server or throws why it failed. */
export async function showProgress(title: string, start: ServerStart): Promise<Server> {
  const { stdout } = process;
  console.log(title);
  for await (const { progress = 0, message = "" } of start) {
    const line = `  ${bar(progress)} ${String(progress).padStart(3)} % ${message}`;
    stdout.write(stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
  if (stdout.isTTY) stdout.write("\n");
  return start;
}
