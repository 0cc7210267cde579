import type { Seen } from './upload-completion.ts';

/** For so long (ms) what was seen of an upload is remembered while nothing comes to it. */
const idleTime = 30_000;

/** Uploads at most of which this is remembered: each has a ring of memory. */
const maxIdle = 4;

/** What has seen an upload come, and how far. */
export interface SeenUpload extends Seen {
  /** Bytes. */
  readonly at: number;
}

/**
 * What requests have seen of uploads, for the next ones: the hashes of data that comes in many requests are then at hand
 * with its last byte. What is forgotten is read once more.
 */
export interface SeenUploads {
  /** Gives it out; it is the taker's to keep or dispose of. */
  take(id: string): SeenUpload | undefined;
  keep(id: string, seen: SeenUpload): void;
  clear(): void;
}

export function seenUploads(): SeenUploads {
  const kept = new Map<string, { readonly seen: SeenUpload; readonly timer: NodeJS.Timeout }>();

  function take(id: string): SeenUpload | undefined {
    const found = kept.get(id);
    kept.delete(id);
    clearTimeout(found?.timer);
    return found?.seen;
  }

  function forget(id: string | undefined): void {
    if (id !== undefined) take(id)?.growing.growth[Symbol.dispose]();
  }

  return {
    take,

    keep(id, seen) {
      if (kept.size >= maxIdle) forget(kept.keys().next().value);
      const timer = setTimeout(() => forget(id), idleTime).unref();
      kept.set(id, { seen, timer });
    },

    clear() {
      for (const id of [...kept.keys()]) forget(id);
    },
  };
}
