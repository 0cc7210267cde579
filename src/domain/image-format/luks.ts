import { fieldsOf } from './fields.ts';
import { type Inspection, problem, problemsOf } from './inspection.ts';

const headerSize = 592;

/** Encrypted disks. @see LUKS1 On-Disk Format Specification */
export function* inspectLuks(): Inspection {
  const header = fieldsOf(yield { offset: 0, length: headerSize }, 'big');
  if (header.text(0, 6) !== 'LUKS\xba\xbe') return undefined;
  const version = header.u16(6);
  const payload = header.u32(104) * 512;
  return {
    format: 'luks',
    virtualSize: (size) => (size > payload ? size - payload : null),
    problems: problemsOf(
      header.length < headerSize && problem('header', 'its LUKS header is cut off'),
      version !== 1 && problem('version', `its LUKS version is ${version}`),
    ),
  };
}
