import { type Fields, fieldsOf } from './fields.ts';
import { type FormatProblem, type Inspection, problem } from './inspection.ts';

const sectorSize = 512;

const gptType = 0xee;

/**
 * Disks with a partition table: a GPT's, whose first sector is a protective MBR, or an MBR alone.
 *
 * @see UEFI, "Protective MBR"; Glance's check `mbr`
 */
export function* inspectGpt(): Inspection {
  const sector = fieldsOf(yield { offset: 0, length: sectorSize }, 'little');
  if (sector.u16(510) !== 0xaa55 || isFat(sector)) return undefined;
  const found = problemOf(sector);
  return { format: 'gpt', virtualSize: (size) => size, problems: found ? [found] : [] };
}

/** A FAT file system without partitions begins like a partition table: two FATs, on a fixed disk. */
function isFat(sector: Fields): boolean {
  return sector.u8(0x10) === 2 && sector.u8(0x15) === 0xf8;
}

function problemOf(sector: Fields): FormatProblem | undefined {
  const entries = [446, 462, 478, 494];
  if (entries.some((at) => ![0, 0x80].includes(sector.u8(at)))) {
    return problem('mbr', 'a partition has a boot flag that is none');
  }
  const used = entries.filter((at) => sector.u8(at + 4) !== 0);
  const [protective] = used.filter((at) => sector.u8(at + 4) === gptType);
  if (used.length === 0) return problem('mbr', 'its partition table has no partitions');
  if (protective === undefined) return undefined;
  const isFirst = protective === entries[0] && used.length === 1;
  const start = [1, 2, 3].map((n) => sector.u8(protective + n)).join();
  if (start !== '0,2,0' || sector.u32(protective + 8) !== 1) {
    return problem('mbr', 'its protective MBR does not begin where it should');
  }
  return isFirst ? undefined : problem('mbr', 'its protective MBR has further partitions');
}
