import { fieldsOf } from './fields.ts';
import { fixedSize, type Inspection, problem, problemsOf } from './inspection.ts';

const headerSize = 512;

/** VirtualBox' disks: dynamic (1) or of a fixed size (2); the rest depends on another file. */
const types: ReadonlySet<number> = new Set([1, 2]);

/** @see QEMU, block/vdi.c; VirtualBox, VDICore.h */
export function* inspectVdi(): Inspection {
  const header = fieldsOf(yield { offset: 0, length: headerSize }, 'little');
  if (header.u32(0x40) !== 0xbeda107f) return undefined;
  const [version, type] = [header.u32(0x44), header.u32(0x4c)];
  return {
    format: 'vdi',
    virtualSize: fixedSize(header.u64(0x170)),
    problems: problemsOf(
      header.length < headerSize && problem('header', 'its VDI header is cut off'),
      version !== 0x0001_0001 && problem('version', 'its VDI version is not 1.1'),
      !types.has(type) && problem('type', `its VDI type is ${type}`),
      // The ids of what it is linked to, and of its parent.
      !header.isZero(0x1a8, 32) && problem('parent', 'it has a parent disk'),
    ),
  };
}
