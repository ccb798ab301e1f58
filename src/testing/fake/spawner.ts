/** How servers of a fake hub start and stop, as a test declares it. */

/** One event of a progress stream, as a Spawner sends it. */
export interface SpawnerEvent {
  /** Percent. */
  progress?: number;
  message?: string;
  html_message?: string;
  /** Keys of the Spawner's own. */
  [key: string]: unknown;
}

/** What happens when a server starts and stops. Without any of it, both are done at once. */
export interface SpawnerBehaviour {
  /** How long a start takes, in seconds. */
  seconds?: number;
  /** The events of the progress stream, spread evenly over those seconds; one of 50 % by default. */
  progress?: readonly (string | SpawnerEvent)[];
  /** Why the start fails, after those seconds; with a status when the Spawner raises an HTTP error. */
  fails?: string | { status: number; message: string };
  /** How long a start may take, in seconds, before the hub gives it up; 60 by default. */
  timeout?: number;
  /** How long a stop takes, in seconds. */
  stopSeconds?: number;
}

/** What is known of a server that is about to start. */
export interface SpawnRequest {
  user: string;
  /** "" is the default server. */
  server: string;
  /** Its `user_options`. */
  options: Readonly<Record<string, unknown>>;
}

/** One behaviour for every server, or what to do for each start. */
export type SpawnerRule = SpawnerBehaviour | ((start: SpawnRequest) => SpawnerBehaviour);

export const behaviourOf = (rule: SpawnerRule, start: SpawnRequest): SpawnerBehaviour =>
  typeof rule === "function" ? rule(start) : rule;

export interface TimedEvent {
  /** Milliseconds from the beginning of the start. */
  at: number;
  event: SpawnerEvent;
}

const usual: readonly SpawnerEvent[] = [{ progress: 50, message: "Spawning server..." }];

/** The events of a start with the times at which they come. */
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
