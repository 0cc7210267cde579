import type { ReaderBody } from '../client/sharing.ts';

/** A project that loses something. */
export interface Hit {
  readonly id: string;
  /** Its name; the id where that is not known. */
  readonly project: string;
  /** Images of those that are looked at. */
  readonly images: number;
  /** What it answered, each word once. */
  readonly answers: readonly string[];
  /** ISO 8601; null for never. */
  readonly lastDownload: string | null;
}

/** The members among those who can read some images, whoever downloaded last first. @param readers a list for each image */
export function hitsOf(readers: readonly (readonly ReaderBody[])[]): readonly Hit[] {
  const hits = new Map<string, Hit>();
  for (const { project, status, last_download_at: at } of readers.flat()) {
    if (status === null) continue;
    const key = project?.id ?? '';
    const before = hits.get(key);
    hits.set(key, {
      id: key,
      project: project?.name ?? key,
      images: (before?.images ?? 0) + 1,
      answers: [...new Set([...(before?.answers ?? []), status])],
      lastDownload: later(before?.lastDownload ?? null, at),
    });
  }
  return [...hits.values()].toSorted((one, other) =>
    (other.lastDownload ?? '').localeCompare(one.lastDownload ?? ''),
  );
}

/** Whether everybody can read one of these images. */
export function isOpenToAll(readers: readonly (readonly ReaderBody[])[]): boolean {
  return readers.flat().some(({ rule }) => rule === 'public' || rule === 'community');
}

function later(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
