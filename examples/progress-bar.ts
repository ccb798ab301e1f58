/** A progress bar for the start of a server. On a terminal, it is redrawn; in a pipe, each event is a new line. */
import type { Server, ServerStart } from "jupyterhub-client";

const width = 20;
/** A bar of 20 characters. */
export const bar = (percent: number): string =>
  "█".repeat(Math.round((percent * width) / 100)).padEnd(width, "░");

/** Shows the events of a start. Returns the server, or throws the error if the start fails. */
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
