import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What is known of an upload that has not ended. */
export interface RememberedUpload {
  readonly imageId: string;
  /** Undefined until there is one. */
  readonly uploadId?: string | undefined;
}

/** What an upload is known by: the same file, as it was, to the same place by the same words. */
export type UploadKey = readonly (string | number | undefined)[];

/** Uploads that can be gone on with, when the command was ended in the middle of one. */
export interface UploadMemory {
  find(key: UploadKey): RememberedUpload | undefined;
  keep(key: UploadKey, upload: RememberedUpload): void;
  forget(key: UploadKey): void;
}

/** Keeps one file an upload in the user's folder of states. @see XDG Base Directory Specification, `XDG_STATE_HOME` */
export function uploadMemory(env: Readonly<Record<string, string | undefined>>): UploadMemory {
  const given = env['XDG_STATE_HOME'] ?? '';
  const base = isAbsolute(given) ? given : join(homedir(), '.local', 'state');
  const folder = join(base, 'vitrine', 'uploads');
  const pathOf = (key: UploadKey) =>
    join(folder, `${createHash('sha256').update(JSON.stringify(key)).digest('hex')}.json`);

  return {
    find(key) {
      try {
        return uploadIn(JSON.parse(readFileSync(pathOf(key), 'utf8')));
      } catch {
        // What cannot be read is as good as nothing: the upload begins anew.
        return undefined;
      }
    },

    keep(key, upload) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = pathOf(key);
      const partial = `${path}.${process.pid}`;
      writeFileSync(partial, `${JSON.stringify(upload)}\n`, { mode: 0o600, flush: true });
      renameSync(partial, path);
    },

    forget: (key) => rmSync(pathOf(key), { force: true }),
  };
}

function uploadIn(document: unknown): RememberedUpload | undefined {
  const { imageId, uploadId } = document as Record<string, unknown>;
  if (typeof imageId !== 'string') return undefined;
  return { imageId, ...(typeof uploadId === 'string' && { uploadId }) };
}
