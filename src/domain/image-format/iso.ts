import { fieldsOf } from './fields.ts';
import type { Inspection } from './inspection.ts';

const descriptor = { offset: 32 * 1024, length: 2048 };

/** What the first volume descriptor calls itself: ISO 9660; UDF alone, and what UDF begins with. */
const standards: ReadonlySet<string> = new Set(['CD001', 'NSR02', 'NSR03', 'BEA01']);

/** File systems of CDs and DVDs. @see ECMA-119, 8.4; ECMA-167, 2/9 */
export function* inspectIso(): Inspection {
  const volume = fieldsOf(yield descriptor, 'little');
  const isVolume = standards.has(volume.text(1, 5)) && volume.length === descriptor.length;
  if (!isVolume) return undefined;
  const isPrimary = volume.text(1, 5) === 'CD001' && volume.u8(0) === 1;
  // Blocks, and bytes of a block.
  const size = isPrimary ? volume.u32(80) * volume.u16(128) : 0;
  return { format: 'iso', virtualSize: () => size || null, problems: [] };
}
