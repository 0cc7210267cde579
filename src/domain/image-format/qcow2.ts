import { fieldsOf } from './fields.ts';
import { fixedSize, type Inspection, problem, problemsOf } from './inspection.ts';

/** What the header's feature bits may be: dirty, corrupt, (external data file,) compression type. */
const knownFeatures = 0b1111;

const dataFile = 0b100;

/** QEMU's copy-on-write images. @see QEMU, docs/interop/qcow2 */
export function* inspectQcow2(): Inspection {
  const header = fieldsOf(yield { offset: 0, length: 112 }, 'big');
  if (header.text(0, 4) !== 'QFI\xfb') return undefined;

  const version = header.u32(4);
  const isNew = version === 3;
  const clusterBits = header.u32(20);
  const [upperFeatures, features] = isNew ? [header.u32(72), header.u32(76)] : [0, 0];
  const isWhole = header.length >= (isNew ? 104 : 72);
  const isSane = clusterBits >= 9 && clusterBits <= 21 && (!isNew || header.u32(100) >= 104);
  return {
    format: 'qcow2',
    virtualSize: fixedSize(header.u64(24)),
    problems: problemsOf(
      version !== 2 && !isNew && problem('version', `its qcow2 version is ${version}`),
      !isWhole && problem('header', 'its qcow2 header is cut off'),
      isWhole && !isSane && problem('header', 'its qcow2 header is damaged'),
      !(header.isZero(8, 8) && header.isZero(16, 4)) &&
        problem('backing_file', 'it has a backing file'),
      (features & dataFile) !== 0 && problem('data_file', 'its data is in another file'),
      (upperFeatures !== 0 || (features & ~knownFeatures) !== 0) &&
        problem('unknown_features', 'it has qcow2 features that are not known here'),
    ),
  };
}
