import type { ObjectUpload } from '../object/object-server.ts';

/** Holds an empty object for each upload whose parts are not all one object yet: what a sweep looks for. */
export const unfinishedFolder = 'unfinished/';

export function markerOf({ imageId, upload }: ObjectUpload): string {
  return `${unfinishedFolder}${imageId}/${upload}`;
}
