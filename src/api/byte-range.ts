import { DomainError } from '../domain/errors.ts';

/** A part of the data, in bytes; both ends inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface RangeHeaders {
  readonly range?: string | undefined;
  /** Old clients ask by this header, as if it were an answer. */
  readonly contentRange?: string | undefined;
}

const rangePattern = /^bytes=(\d*)-(\d*)$/i;
const contentRangePattern = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i;

function notSatisfiable(size: number): DomainError {
  return new DomainError(
    'RangeNotSatisfiable',
    `The range must be bytes=first-last, bytes=first- or bytes=-length, within the ${size} bytes of the image.`,
  );
}

/** A number too long to be exact is past the end of any data, which is all that is asked of it. */
function clip(first: number, last: number, size: number): ByteRange {
  if (first > last || first >= size) throw notSatisfiable(size);
  return { first, last: Math.min(last, size - 1) };
}

function parseRange(header: string, size: number): ByteRange {
  if (header.includes(',')) {
    throw new DomainError(
      'InvalidRequest',
      'Range must name one range; ask for others one by one.',
    );
  }
  const [, first = '', last = ''] = rangePattern.exec(header.trim()) ?? [];
  if (first !== '') return clip(Number(first), last === '' ? Infinity : Number(last), size);
  if (last === '' || Number(last) === 0) throw notSatisfiable(size);
  return clip(Math.max(0, size - Number(last)), Infinity, size);
}

/** The size it names must be the image's, and its end within: a client that knows better is mistaken. */
function parseContentRange(header: string, size: number): ByteRange {
  const [, first = '', last = '', total = ''] = contentRangePattern.exec(header.trim()) ?? [];
  const isConsistent = total === '*' || Number(total) === size;
  if (first === '' || !isConsistent || Number(last) >= size) throw notSatisfiable(size);
  return clip(Number(first), Number(last), size);
}

/**
 * The part of an image's data that a download asks for, within `size` bytes; undefined for all of it.
 *
 * @throws DomainError `InvalidRequest` for several ranges; `RangeNotSatisfiable` for one that cannot be
 *   read or lies past the end, also when its unit is unknown: here Glance is stricter than RFC 9110, 14.2.
 * @see Images API v2, "Download binary image data": GET /v2/images/{image_id}/file
 */
export function requestedRange(
  { range, contentRange }: RangeHeaders,
  size: number,
): ByteRange | undefined {
  if (range !== undefined) return parseRange(range, size);
  if (contentRange !== undefined) return parseContentRange(contentRange, size);
  return undefined;
}
