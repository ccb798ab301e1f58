/** Fake time, which tests advance. */
import { afterEach, beforeEach, vi } from "vitest";

/** Gives each test of a file its own fake clock. */
export function useClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Advances the time until a promise settles, and then resolves or rejects as the promise does. */
export async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  const state = { done: false };
  const finish = (): void => {
    state.done = true;
  };
  promise.then(finish, finish);
  while (!state.done) await vi.advanceTimersByTimeAsync(50);
  return promise;
}

/** Advances the time until a promise rejects, and returns its error. */
export async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  const failed = async (): Promise<unknown> =>
    promise.then(
      (value) => {
        throw new Error(`It resolved with ${JSON.stringify(value)}`);
      },
      (error: unknown) => error,
    );
  return settled(failed());
}

/** Advances the time by the given number of milliseconds. */
export const pass = async (milliseconds: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(milliseconds);
};

/** Returns an object that shows whether the promise has settled, for a test that advances the time itself. */
export function watch(promise: Promise<unknown>): { settled: boolean; error?: unknown } {
  const state: { settled: boolean; error?: unknown } = { settled: false };
  const finish = (): void => {
    state.settled = true;
  };
  promise.then(finish, (error: unknown) => {
    finish();
    state.error = error;
  });
  return state;
}
