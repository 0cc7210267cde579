import { fieldsOf } from './fields.ts';
import { type Inspection, problem } from './inspection.ts';

/** QEMU's former enhanced disks, which nobody supports: they are known so as to be refused. */
export function* inspectQed(): Inspection {
  const header = fieldsOf(yield { offset: 0, length: 4 }, 'little');
  if (header.text(0, 4) !== 'QED\0') return undefined;
  const problems = [problem('banned', 'no QED images are kept')];
  return { format: 'qed', virtualSize: () => null, problems };
}
