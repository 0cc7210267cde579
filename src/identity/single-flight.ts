/** Lets everybody who wants the same thing at the same time share one task. */
export interface SingleFlight<T> {
  /** The outcome of the task under way for `key`; without one, that of `task`, which begins now. */
  run(key: string, task: () => Promise<T>): Promise<T>;
}

/** Shares tasks while they run, and remembers nothing once they have ended. */
export function singleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Promise<T>>();
  return {
    run(key, task) {
      const known = flights.get(key);
      if (known) return known;
      const flight = task().finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
  };
}
