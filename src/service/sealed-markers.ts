import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Caller } from '../domain/caller.ts';

/**
 * Markers that stand for images which their caller may not see: a list leads on behind them, and they
 * tell nothing. They are of use to the same project alone.
 */
export interface SealedMarkers {
  seal(imageId: string, caller: Caller): string;
  /** The image's id; undefined for text that was not sealed here for this caller's project. */
  open(marker: string, caller: Caller): string | undefined;
}

const cipher = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/** Seals under a key (256 bits) that nobody else has. */
export function sealedMarkers(key: Buffer): SealedMarkers {
  return {
    seal(imageId, caller) {
      const nonce = randomBytes(nonceLength);
      const sealing = createCipheriv(cipher, key, nonce).setAAD(projectOf(caller));
      const sealed = [nonce, sealing.update(imageId, 'utf8'), sealing.final()];
      return Buffer.concat([...sealed, sealing.getAuthTag()]).toString('base64url');
    },

    open(marker, caller) {
      const bytes = Buffer.from(marker, 'base64url');
      if (bytes.length <= nonceLength + tagLength) return undefined;
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceLength))
        .setAAD(projectOf(caller))
        .setAuthTag(bytes.subarray(-tagLength));
      try {
        const text = opening.update(bytes.subarray(nonceLength, -tagLength));
        return Buffer.concat([text, opening.final()]).toString();
      } catch {
        // Most markers are plain ids, which have no seal to be right.
        return undefined;
      }
    },
  };
}

function projectOf({ projectId }: Caller): Buffer {
  return Buffer.from(projectId ?? '');
}
