import { DomainError } from '../errors.ts';
import { type FormatReader, formatReader } from './format-reader.ts';
import { inspectGpt } from './gpt.ts';
import type { Finding, FormatProblem, Inspection } from './inspection.ts';
import { inspectIso } from './iso.ts';
import { inspectLuks } from './luks.ts';
import { inspectQcow2 } from './qcow2.ts';
import { inspectQed } from './qed.ts';
import { inspectVdi } from './vdi.ts';
import { inspectFixedVhd, inspectVhd } from './vhd.ts';
import { inspectVhdx } from './vhdx.ts';
import { inspectVmdk } from './vmdk.ts';

/** What the operator wants of formats. */
export interface FormatRules {
  /** Whether data must be of the format that its image names. */
  readonly requiresMatch: boolean;
  /** Create types of VMDKs that are taken. */
  readonly vmdkTypes: readonly string[];
  /** Checks of partition tables that harm nothing when they fail. */
  readonly harmlessChecks: readonly string[];
}

/** What an image says of its data. */
export interface NamedFormat {
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
}

/** Finds out what data is, while it passes. */
export interface FormatCheck {
  /** @throws DomainError `UnsupportedMediaType` as soon as the data cannot be what the image names. */
  read(bytes: Uint8Array): void;
  /**
   * Judges the data once it is whole.
   *
   * @param size of the data, bytes
   * @returns bytes of the disk inside; null when nothing tells
   * @throws DomainError `UnsupportedMediaType` for other data than the image names, and for data that is not safe to open
   */
  end(size: number): number | null;
}

/** Formats that data tells. Of the rest of those that an image may name, nothing is known but that it is none of these. */
const known: ReadonlySet<string> = new Set(['iso', 'qcow2', 'raw', 'vdi', 'vhd', 'vhdx', 'vmdk']);

/**
 * Checks data against what its image names. Only bare disks are looked at: of a container nobody opens but the inside.
 *
 * @see Glance's `[image_format] require_image_format_match`
 */
export function formatCheck(image: NamedFormat, rules: FormatRules): FormatCheck {
  if (image.containerFormat !== 'bare' || image.diskFormat === null) return unchecked;
  const { diskFormat } = image;
  const reader = formatReader(inspectionsFor(diskFormat, rules));
  let isJudged = false;

  return {
    read(bytes) {
      reader.read(bytes);
      if (isJudged || !reader.isSettled) return;
      isJudged = true;
      judgeHead(reader, diskFormat, rules);
    },
    end(size) {
      reader.end();
      return judge(reader.findings, { diskFormat, size }, rules);
    },
  };
}

const unchecked: FormatCheck = { read: () => undefined, end: () => null };

function inspectionsFor(diskFormat: string, { vmdkTypes }: FormatRules): readonly Inspection[] {
  const all = allInspections(vmdkTypes);
  // Only its image tells such a disk from the one that it has inside, with which it begins.
  return diskFormat === 'vhd' ? [...all, inspectFixedVhd()] : all;
}

/** Inspections by all that the beginning of data tells. */
export function allInspections(vmdkTypes: readonly string[] = []): readonly Inspection[] {
  return [
    inspectGpt(),
    inspectIso(),
    inspectLuks(),
    inspectQcow2(),
    inspectQed(),
    inspectVdi(),
    inspectVhd(),
    inspectVhdx(),
    inspectVmdk(vmdkTypes),
  ];
}

/** Judges what needs no end of the data: there may be terabytes before it. */
function judgeHead(reader: FormatReader, diskFormat: string, rules: FormatRules): void {
  // These may still show themselves at the end.
  if (diskFormat === 'vhd' || diskFormat === 'vmdk') return;
  judge(reader.findings, { diskFormat, size: 0 }, rules);
}

function judge(
  findings: readonly Finding[],
  { diskFormat, size }: { readonly diskFormat: string; readonly size: number },
  rules: FormatRules,
): number | null {
  const found = withoutInside(findings, diskFormat);
  checkSafety(found, diskFormat, rules);
  const [finding, other] = found;
  if (other) {
    if (!rules.requiresMatch) return null;
    const formats = found.map(({ format }) => format).sort();
    throw refusal(`The data is of several formats at once: ${formats.join(', ')}.`);
  }
  if (diskFormat === 'raw') return size || null;
  if ((finding?.format ?? 'raw') === diskFormat) return finding?.virtualSize(size) ?? null;
  if (!finding && !known.has(diskFormat)) return null;
  if (!rules.requiresMatch) return null;
  const text = finding ? finding.format : 'not';
  throw refusal(`disk_format: is ${diskFormat}, but the data is ${text}.`);
}

/** What is left when one finding is but the inside of another, or the other way to start it. */
function withoutInside(findings: readonly Finding[], diskFormat: string): readonly Finding[] {
  const formats = new Set(findings.map(({ format }) => format));
  const isIso = formats.has('iso') && formats.size === 2;
  const isDisk = formats.has('vhd') && diskFormat === 'vhd' && formats.size === 2;
  // A CD that starts from a disk has a partition table too, and a fixed VHD begins with its disk's.
  const isStarter = formats.has('gpt') && (isIso || isDisk);
  // A kernel or a ramdisk has what looks like a partition table, or nothing.
  const isKernel = diskFormat === 'aki' || diskFormat === 'ari';
  const isMoot = isStarter || isKernel;
  const seen = new Set<string>();
  return findings.filter(({ format }) => {
    const isTaken = seen.has(format) || (isMoot && format === 'gpt');
    seen.add(format);
    return !isTaken;
  });
}

function checkSafety(
  findings: readonly Finding[],
  diskFormat: string,
  { harmlessChecks }: FormatRules,
): void {
  for (const { format, problems } of findings) {
    const bad = problems.find(({ check }) => format !== 'gpt' || !harmlessChecks.includes(check));
    if (!bad) continue;
    const name = format === diskFormat ? '' : ` is ${format}, and`;
    throw refusal(`The data${name} may not be kept: ${bad.reason}.`, bad);
  }
}

/** @param cause the check that the data did not pass */
function refusal(message: string, cause?: FormatProblem): DomainError {
  return new DomainError('UnsupportedMediaType', message, { cause });
}
