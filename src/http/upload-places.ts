import { RetryLaterError } from '../domain/retry-later.ts';
import type { Traffic } from './metrics/traffic.ts';

/** Uploads take minutes: whoever comes back sooner mostly is refused again; seconds. */
const wait = 10;

/** Places for uploads, of which there may be an end. */
export interface UploadPlaces {
  /** A place until it is disposed of. @throws RetryLaterError `ServiceBusy` when all are taken */
  take(): Disposable;
}

/** @param max uploads under way in the whole service; 0 for no limit */
export function uploadPlaces(
  max: number,
  counts: Pick<Traffic, 'shed' | 'uploading'>,
): UploadPlaces {
  return {
    take() {
      if (max > 0 && counts.uploading >= max) {
        counts.shed.max_uploads += 1;
        const text = `The service takes ${max} uploads at a time. Try again in ${wait} s.`;
        throw new RetryLaterError('ServiceBusy', text, wait);
      }
      counts.uploading += 1;
      return {
        [Symbol.dispose]() {
          counts.uploading -= 1;
        },
      };
    },
  };
}
