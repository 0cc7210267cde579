import { ApiError, CertificateError, ConnectionError } from './api-error.ts';
import type { Session } from './session.ts';

/** How far an upload is that can be resumed. */
export interface UploadState {
  readonly id: string;
  /** What the service has on stable storage, bytes. */
  readonly received: number;
  /** Bytes of the whole. */
  readonly size: number;
}

/** Why an upload does not go on, and when it is tried again. */
export interface UploadPause {
  readonly problem: unknown;
  /** Milliseconds. */
  readonly wait: number;
}

export interface ResumableUpload {
  /** The queued image that is to have the data. */
  readonly imageId: string;
  readonly data: Blob;
  /** The upload to go on with, if it was begun earlier. */
  readonly uploadId?: string | undefined;
  /** Id of the store that is to have it; absent for the default one. */
  readonly store?: string | undefined;
}

export interface ResumableUploadOptions {
  /** Called once there is an upload that can be gone on with by its id. */
  readonly onBegun?: (uploadId: string) => void;
  /** Called with the bytes that are sent; fewer than before when some were lost on their way. */
  readonly onProgress?: (bytes: number) => void;
  /** Called when it has to wait. */
  readonly onPause?: (pause: UploadPause) => void;
  /** How long (ms) it is tried again while nothing gets through. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

const path = '/vitrine/v1/uploads';
const tus = { 'tus-resumable': '1.0.0' } as const;

/** Between two tries, ms. */
const shortestWait = 500;
const longestWait = 15_000;

const usualPatience = 5 * 60_000;

/**
 * Begins an upload to a queued image.
 *
 * @returns its id
 * @throws ApiError 409 when the image is not queued
 * @see tus 1.0, "Creation"
 */
export async function createUpload(
  session: Session,
  { imageId, data, store }: ResumableUpload,
): Promise<string> {
  const values = { image_id: imageId, ...(store !== undefined && { store }) };
  const metadata = Object.entries(values).map(([key, value]) => `${key} ${base64(value)}`);
  const response = await session.send('image', {
    method: 'POST',
    path,
    headers: {
      ...tus,
      'upload-length': String(data.size),
      'upload-metadata': metadata.join(','),
    },
  });
  await response.body?.cancel();
  const id = response.headers.get('location')?.split('/').at(-1);
  if (id === undefined) throw new ConnectionError('The service does not take resumable uploads.');
  return id;
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** @throws ApiError 404 when there is no such upload for this project. @see tus 1.0, "HEAD" */
export async function getUpload(
  session: Session,
  id: string,
  signal?: AbortSignal,
): Promise<UploadState> {
  const { headers } = await session.send('image', {
    method: 'HEAD',
    path: `${path}/${encodeURIComponent(id)}`,
    headers: tus,
    ...(signal && { signal }),
  });
  const bytes = (name: string) => Number(headers.get(name) ?? Number.NaN);
  return { id, received: bytes('upload-offset'), size: bytes('upload-length') };
}

/** Ends an upload; its image is queued again, unless it has the data. @throws ApiError @see tus 1.0, "Termination" */
export async function deleteUpload(session: Session, id: string): Promise<void> {
  await session.call('image', {
    method: 'DELETE',
    path: `${path}/${encodeURIComponent(id)}`,
    headers: tus,
  });
}

/**
 * Uploads the data of a queued image and goes on where it was when the connection breaks, or the service starts anew;
 * resolves when the image is active.
 *
 * @throws ApiError for a refusal, 404 when an upload that was begun earlier is over; what stood in the way for too long
 */
export async function uploadResumably(
  session: Session,
  upload: ResumableUpload,
  options: ResumableUploadOptions = {},
): Promise<void> {
  const patience = patienceOf(options);
  let id = upload.uploadId;
  for (let received: number | undefined; ; received = undefined) {
    options.signal?.throwIfAborted();
    try {
      if (id === undefined) {
        id = await createUpload(session, upload);
        received = 0;
        options.onBegun?.(id);
        // The upload is begun even if that took so long that nobody wants to go on: its id is worth knowing.
        options.signal?.throwIfAborted();
      }
      received ??= (await getUpload(session, id, options.signal)).received;
      patience.note(received);
      await append(session, upload, { id, received }, options);
      return;
    } catch (problem) {
      // An image that is not queued will not be so in a moment; an upload that is elsewhere can be asked where.
      if (id === undefined && problem instanceof ApiError && problem.status === 409) throw problem;
      await patience.wait(problem);
    }
  }
}

/** Waits ever longer between tries, and gives up when nothing has got through for long. */
function patienceOf({ onPause, patience = usualPatience, signal }: ResumableUploadOptions) {
  let best = -1;
  let since = Date.now();
  let tries = 0;
  return {
    /** Notes how far it is. @param received bytes */
    note(received: number): void {
      if (received <= best) return;
      best = received;
      since = Date.now();
      tries = 0;
    },

    /** @throws the problem when another try is worth nothing */
    async wait(problem: unknown): Promise<void> {
      if (signal?.aborted || !isPassing(problem) || Date.now() - since > patience) throw problem;
      const wait = waitAfter(problem, tries);
      tries += 1;
      onPause?.({ problem, wait });
      await pause(wait, signal);
    },
  };
}

async function append(
  session: Session,
  { data }: ResumableUpload,
  { id, received }: Pick<UploadState, 'id' | 'received'>,
  { onProgress, signal }: ResumableUploadOptions,
): Promise<void> {
  onProgress?.(received);
  await session.call('image', {
    method: 'PATCH',
    path: `${path}/${encodeURIComponent(id)}`,
    headers: {
      ...tus,
      'upload-offset': String(received),
      'content-type': 'application/offset+octet-stream',
    },
    data: {
      bytes: data.slice(received),
      onProgress: (sent) => onProgress?.(received + sent),
    },
    ...(signal && { signal }),
  });
}

/** Statuses that say that another try may go well. */
const passing: readonly number[] = [408, 409, 423, 425, 429, 500, 502, 503, 504];

function isPassing(problem: unknown): boolean {
  if (problem instanceof CertificateError) return false;
  if (problem instanceof ConnectionError) return true;
  return problem instanceof ApiError && passing.includes(problem.status);
}

function waitAfter(problem: unknown, tries: number): number {
  const wait = Math.min(longestWait, shortestWait * 2 ** tries);
  const asked = problem instanceof ApiError ? (problem.retryAfter ?? 0) * 1000 : 0;
  return Math.max(wait, asked);
}

function pause(time: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, time);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
