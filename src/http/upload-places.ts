import { RetryLaterError } from '../domain/retry-later.ts';

/** Uploads take minutes: whoever comes back sooner mostly is refused again; seconds. */
const wait = 10;

/** Places for uploads, of which there may be an end. */
export interface UploadPlaces {
  /** A place until it is disposed of. @throws RetryLaterError `ServiceBusy` when all are taken */
  take(): Disposable;
}

/** @param max uploads under way in the whole service; 0 for no limit */
export function uploadPlaces(max: number): UploadPlaces {
  let taken = 0;
  return {
    take() {
      if (max > 0 && taken >= max) {
        const text = `The service takes ${max} uploads at a time. Try again in ${wait} s.`;
        throw new RetryLaterError('ServiceBusy', text, wait);
      }
      taken += 1;
      return {
        [Symbol.dispose]() {
          taken -= 1;
        },
      };
    },
  };
}
