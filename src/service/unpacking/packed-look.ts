import { compressionOf } from '../../domain/compression.ts';
import type { SizingCheck } from '../image-data.ts';

/** Looks at data that is what it is; what is packed is looked at once it is unpacked. */
export function unlessPacked(check: SizingCheck): SizingCheck & { readonly isPacked: boolean } {
  let isPacked: boolean | undefined;
  return {
    get isPacked() {
      return isPacked === true;
    },
    get virtualSize() {
      return check.virtualSize;
    },
    read(bytes) {
      isPacked ??= compressionOf(bytes) !== undefined;
      if (!isPacked) check.read(bytes);
    },
    end(size) {
      if (isPacked !== true) check.end(size);
    },
  };
}
