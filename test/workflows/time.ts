/** Time that passes only when a test says so. */
import { afterEach, beforeEach, vi } from "vitest";

/** Gives each test of a file its own clock, which stands still. */
export function useClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Lets time pass until a promise settles, and hands it back. */
export async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  const state = { done: false };
  const finish = (): void => {
    state.done = true;
  };
  promise.then(finish, finish);
  while (!state.done) await vi.advanceTimersByTimeAsync(50);
  return promise;
}

/** What a promise rejects with, once enough time has passed. */
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

/** Lets this much time pass. */
export const pass = async (milliseconds: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(milliseconds);
};

/** What has become of a promise so far, for a test that lets time pass itself. */
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
