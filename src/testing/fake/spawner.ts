/** How servers of a fake hub start and stop. */

/** One event of a progress stream, as a Spawner sends it. */
export interface SpawnerEvent {
  /** The progress in percent. */
  progress?: number | undefined;
  /** What happens, as plain text. */
  message?: string | undefined;
  /** The message as HTML. */
  html_message?: string | undefined;
  /** Further keys that the Spawner defines. */
  [key: string]: unknown;
}

/** How a server starts and stops. @default immediately */
export interface SpawnerBehaviour {
  /** The seconds that a start takes. @default 0 */
  seconds?: number | undefined;
  /** The events of the progress stream, spread evenly over `seconds`. @default one event, with 50 % */
  progress?: readonly (string | SpawnerEvent)[] | undefined;
  /** The reason why the start fails after `seconds`. If the reason has a status, the Spawner raises an HTTP error. */
  fails?: string | { status: number; message: string } | undefined;
  /** The seconds after which the hub abandons a start. @default 60 */
  timeout?: number | undefined;
  /** The seconds that a stop takes. A rule that is a function decides them at the start. @default 0 */
  stopSeconds?: number | undefined;
}

/** A server that is about to start. */
export interface SpawnRequest {
  /** The owner's name. */
  user: string;
  /** The server's name; "" for the default server. */
  server: string;
  /** The `user_options` of the start. */
  options: Readonly<Record<string, unknown>>;
}

/**
 * One behaviour for every server, or a function that returns one for each start. If the function throws an error, the
 * `fetch` call that requested the start rejects with this error. Servers that already run when the hub is created have
 * no start: if the rule is a function, they stop at once.
 */
export type SpawnerRule = SpawnerBehaviour | ((start: SpawnRequest) => SpawnerBehaviour);

export interface TimedEvent {
  /** Milliseconds from the beginning of the start. */
  at: number;
  event: SpawnerEvent;
}

const usual: readonly SpawnerEvent[] = [{ progress: 50, message: "Spawning server..." }];

/** Returns the events of a start, each with the time at which it is sent. */
export function timedEvents({ seconds = 0, progress }: SpawnerBehaviour): TimedEvent[] {
  const events = progress ?? usual;
  return events.map((event, index) => ({
    at: (seconds * 1000 * index) / events.length,
    event:
      typeof event === "string"
        ? { progress: Math.round((100 * index) / events.length), message: event }
        : event,
  }));
}
