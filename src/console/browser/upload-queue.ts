import { ApiError } from '../../client/api-error.ts';
import { createImage, deleteImage } from '../../client/images.ts';
import { type Pace, paceOf } from '../../client/pace.ts';
import type { Session } from '../../client/session.ts';
import { deleteUpload, uploadResumably } from '../../client/uploads.ts';
import type { Upload, UploadDraft } from '../uploads.ts';

/** Files that are sent at a time. */
const atOnce = 2;

/** How often progress is told, ms. */
const tellInterval = 200;

export interface UploadQueue {
  readonly list: () => readonly Upload[];
  readonly subscribe: (onChange: () => void) => () => void;
  readonly start: (drafts: readonly UploadDraft[]) => void;
  readonly pause: (key: number) => void;
  readonly retry: (key: number) => void;
  readonly cancel: (key: number) => void;
  readonly dismiss: (key: number) => void;
}

/** Sends files, a few at a time. */
export function uploadQueue(session: Session): UploadQueue {
  const listeners = new Set<() => void>();
  const running = new Map<number, AbortController>();
  let uploads: readonly Upload[] = [];
  let lastKey = 0;

  function set(next: readonly Upload[]): void {
    uploads = next;
    for (const listener of listeners) listener();
  }
  function change(key: number, part: Partial<Upload>): void {
    set(uploads.map((upload) => (upload.key === key ? { ...upload, ...part } : upload)));
  }
  function remove(key: number): void {
    set(uploads.filter((upload) => upload.key !== key));
  }
  function next(): void {
    const waiting = uploads.find(({ stage }) => stage === 'waiting');
    if (!waiting || running.size >= atOnce) return;
    void send(waiting).finally(next);
    next();
  }

  async function send(upload: Upload): Promise<void> {
    const { key } = upload;
    const cancelled = new AbortController();
    running.set(key, cancelled);
    change(key, { stage: 'sending', problem: undefined });
    try {
      const imageId = upload.imageId ?? (await createFor(session, upload.draft));
      change(key, { imageId });
      await sendFile(session, { imageId, upload, signal: cancelled.signal, change });
      change(key, { stage: 'done' });
    } catch (problem) {
      if (cancelled.signal.aborted) return;
      // One that is over begins anew.
      const isOver = problem instanceof ApiError && [404, 410, 415].includes(problem.status);
      change(key, { stage: 'failed', problem, ...(isOver && { uploadId: undefined }) });
    } finally {
      // It may have been paused and be under way again.
      if (running.get(key) === cancelled) running.delete(key);
    }
  }

  async function giveUp(upload: Upload): Promise<void> {
    running.get(upload.key)?.abort();
    remove(upload.key);
    // An image that was there before stays as it was.
    if (upload.imageId !== undefined && upload.draft.imageId === undefined) {
      await deleteImage(session, upload.imageId);
    } else if (upload.uploadId !== undefined) {
      await deleteUpload(session, upload.uploadId);
    }
  }
  const byKey = (key: number) => uploads.find((upload) => upload.key === key);

  return {
    list: () => uploads,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => void listeners.delete(onChange);
    },
    start(drafts) {
      set([...uploads, ...drafts.map((draft) => begun(draft, ++lastKey))]);
      next();
    },
    pause(key) {
      const upload = byKey(key);
      // How fast it was says nothing of how fast it will be.
      if (upload) change(key, { stage: 'paused', pace: restingAt(upload.pace.share) });
      running.get(key)?.abort();
    },
    retry(key) {
      change(key, { stage: 'waiting', problem: undefined });
      next();
    },
    cancel(key) {
      const upload = byKey(key);
      // It is gone from the list at once; an image that cannot be deleted is still in the list of images.
      if (upload) void giveUp(upload).catch(() => undefined);
    },
    dismiss: remove,
  };
}

function restingAt(share: number): Pace {
  return { share, speed: undefined, left: undefined };
}

function begun(draft: UploadDraft, key: number): Upload {
  return {
    key,
    draft,
    stage: 'waiting',
    pace: restingAt(0),
    imageId: draft.imageId,
    uploadId: undefined,
    problem: undefined,
  };
}

async function createFor(session: Session, draft: UploadDraft): Promise<string> {
  const { id } = await createImage(session, {
    name: draft.name,
    disk_format: draft.diskFormat,
    container_format: 'bare',
  });
  return id;
}

interface Sending {
  readonly imageId: string;
  readonly upload: Upload;
  readonly signal: AbortSignal;
  readonly change: (key: number, part: Partial<Upload>) => void;
}

async function sendFile(session: Session, { imageId, upload, signal, change }: Sending) {
  const { key, draft } = upload;
  const { size } = draft.file;
  const follow = paceOf(size);
  let told = 0;
  const onProgress = (sent: number) => {
    const now = performance.now();
    // The last bytes are told at once: the service then writes them to the disk, which takes a while.
    if (sent < size && now - told < tellInterval) return;
    told = now;
    const stage = sent < size ? 'sending' : 'storing';
    change(key, { pace: follow(sent, now), stage, problem: undefined });
  };
  const { uploadId } = upload;
  await uploadResumably(
    session,
    { imageId, data: draft.file, uploadId },
    {
      signal,
      onProgress,
      onBegun: (id) => change(key, { uploadId: id }),
      // The file is still at hand: the reader says when it is enough.
      patience: Number.POSITIVE_INFINITY,
      onPause: ({ problem }) => change(key, { stage: 'interrupted', problem }),
    },
  );
}
