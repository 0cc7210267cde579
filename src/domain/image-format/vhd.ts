import { type Fields, fieldsOf } from './fields.ts';
import { type Finding, fixedSize, type Inspection, problem, problemsOf } from './inspection.ts';

const footerSize = 512;

const kinds: Readonly<Record<number, string>> = { 2: 'fixed', 3: 'dynamic' };

/**
 * Connectix' and Microsoft's disks that grow: they begin with a copy of their footer.
 *
 * @see Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format"
 */
export function* inspectVhd(): Inspection {
  return footerOf(fieldsOf(yield { offset: 0, length: footerSize }, 'big'));
}

/**
 * Such disks of a fixed size: the footer stands behind the disk, which may begin with anything.
 *
 * A footer of 511 bytes is an old version's.
 */
export function* inspectFixedVhd(): Inspection {
  const last = yield { last: footerSize };
  return footerOf(fieldsOf(last, 'big')) ?? footerOf(fieldsOf(last.subarray(1), 'big'));
}

function footerOf(footer: Fields): Finding | undefined {
  if (footer.text(0, 8) !== 'conectix') return undefined;
  const kind = footer.u32(60);
  return {
    format: 'vhd',
    // What the disk has now; before it there is what it had at first.
    virtualSize: fixedSize(footer.u64(48)),
    problems: problemsOf(
      footer.length < footerSize - 1 && problem('header', 'its VHD footer is cut off'),
      kind === 4 && problem('parent', 'it has a parent disk'),
      kind !== 4 && kinds[kind] === undefined && problem('type', `its VHD type is ${kind}`),
    ),
  };
}
