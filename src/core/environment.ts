/** What a JupyterHub tells the servers and services that it starts, where there is an environment. */

/** A variable of the environment; undefined when it is unset, empty or there is no environment. */
export function environmentVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}
