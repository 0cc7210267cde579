/** Lets one at a time do something with the same name. */
export function turnsByName() {
  const last = new Map<string, Promise<void>>();

  return async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = last.get(name);
    const done = Promise.withResolvers<void>();
    last.set(name, done.promise);
    try {
      await before;
      return await work();
    } finally {
      done.resolve();
      if (last.get(name) === done.promise) last.delete(name);
    }
  };
}
