/** Parses the arguments of the commands in this folder. A misspelt option ends a command before it does anything. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

type Arguments<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>;

/**
 * Returns the options and the other arguments, which `most` limits. Prints the usage and ends the process with 0 for
 * `--help`, and with 2 for an unknown option or too many arguments.
 */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
  most = 0,
): Arguments<Options> {
  // npm removes only the first of two `--`.
  const args = process.argv.slice(2).filter((argument) => argument !== "--");
  if (args.includes("--help")) {
    console.log(`Usage: ${usage}`);
    process.exit(0);
  }
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true });
    const extra = parsed.positionals[most];
    if (extra === undefined) return parsed;
    throw new Error(`Unexpected argument "${extra}"`);
  } catch (error) {
    const [reason] = (error as Error).message.split(". To specify", 1);
    console.error(`${reason}.\nUsage: ${usage}`);
    process.exit(2);
  }
}
