import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../../src/domain/errors.ts';
import { type FormatRules, formatCheck } from '../../src/domain/image-format/data-format.ts';

/** An image that `qemu-img` makes. */
export interface MadeImage {
  /** As `qemu-img` calls it. */
  readonly kind: string;
  readonly options?: string;
  /** As an image of the service calls it. */
  readonly diskFormat: string;
  /** What else its making takes. */
  readonly more?: readonly string[];
}

/** What is taken. */
export const right: readonly MadeImage[] = [
  { kind: 'raw', diskFormat: 'raw' },
  ...[
    'compat=0.10',
    'compat=1.1',
    'cluster_size=512',
    'cluster_size=2M',
    'lazy_refcounts=on',
    'refcount_bits=1',
    'refcount_bits=64',
    'compression_type=zstd',
    'preallocation=metadata',
    'preallocation=full',
  ].map((options) => ({ kind: 'qcow2', options, diskFormat: 'qcow2' })),
  ...[
    'subformat=monolithicSparse',
    'subformat=streamOptimized',
    'subformat=monolithicSparse,adapter_type=lsilogic,hwversion=8',
    'subformat=monolithicSparse,compat6=on',
    'subformat=monolithicSparse,zeroed_grain=on',
    'subformat=streamOptimized,zeroed_grain=on',
  ].map((options) => ({ kind: 'vmdk', options, diskFormat: 'vmdk' })),
  ...[
    'subformat=dynamic',
    'subformat=fixed',
    'subformat=dynamic,force_size=on',
    'subformat=fixed,force_size=on',
  ].map((options) => ({ kind: 'vpc', options, diskFormat: 'vhd' })),
  ...[
    'subformat=dynamic',
    'subformat=fixed',
    'log_size=4M',
    'block_size=1M',
    'block_size=256M',
  ].map((options) => ({ kind: 'vhdx', options, diskFormat: 'vhdx' })),
  ...['static=off', 'static=on'].map((options) => ({ kind: 'vdi', options, diskFormat: 'vdi' })),
];

/** What is refused, also as raw data. */
export const wrong: readonly MadeImage[] = [
  { kind: 'qcow2', options: 'extended_l2=on', diskFormat: 'qcow2' },
  { kind: 'qcow2', options: 'data_file=DIRECTORY/other', diskFormat: 'qcow2' },
  { kind: 'qcow2', options: 'data_file=DIRECTORY/other,data_file_raw=on', diskFormat: 'qcow2' },
  ...['compat=0.10', 'compat=1.1'].map((compat) => ({
    kind: 'qcow2',
    options: `${compat},backing_file=/etc/passwd,backing_fmt=raw`,
    more: ['-u'],
    diskFormat: 'qcow2',
  })),
  ...['monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat'].map((subformat) => ({
    kind: 'vmdk',
    options: `subformat=${subformat}`,
    diskFormat: 'vmdk',
  })),
  {
    kind: 'vmdk',
    options: 'backing_file=DIRECTORY/parent.vmdk,backing_fmt=vmdk',
    more: ['-q'],
    diskFormat: 'vmdk',
  },
  { kind: 'qed', diskFormat: 'raw' },
  { kind: 'qcow', diskFormat: 'qcow2' },
];

/** Bytes of the disk inside. */
const size = 5 * 1024 * 1024;

/** Makes the image with some data inside, where it can have some of its own; gives its path. */
export function makeImage(directory: string, image: MadeImage, name: string): string {
  const path = join(directory, name);
  const { kind, options = '', more = [] } = image;
  const given = options === '' ? [] : ['-o', options.replaceAll('DIRECTORY', directory)];
  const isPlain = more.length === 0 && !options.includes('data_file');
  if (isPlain) {
    const disk = Buffer.alloc(size);
    disk.fill('some data of the disk', 100_000, 300_000);
    writeFileSync(`${path}.disk`, disk);
    qemuImg('convert', '-f', 'raw', '-O', kind, ...given, `${path}.disk`, path);
  } else {
    qemuImg('create', ...more, '-f', kind, ...given, path, String(size));
  }
  return path;
}

export function qemuImg(...parameters: readonly string[]): string {
  return execFileSync('qemu-img', parameters, { encoding: 'utf8', stdio: 'pipe' });
}

/** What `qemu-img` makes out; undefined where it cannot open the image. */
export function qemuInfo(
  path: string,
  kind: string,
): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(qemuImg('info', '-U', '-f', kind, '--output=json', path));
  } catch {
    return undefined;
  }
}

const rules: FormatRules = {
  requiresMatch: true,
  vmdkTypes: ['streamOptimized', 'monolithicSparse'],
  harmlessChecks: [],
};

/** The size of the disk inside, or why the data is refused. @throws whatever else goes wrong */
export function outcome(
  diskFormat: string,
  data: Uint8Array,
  step = 1024 * 1024,
): number | null | string {
  const check = formatCheck({ diskFormat, containerFormat: 'bare' }, rules);
  try {
    for (let at = 0; at < data.length; at += step) check.read(data.subarray(at, at + step));
    return check.end(data.length);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'UnsupportedMediaType') return error.message;
    throw error;
  }
}

export function outcomeOf(diskFormat: string, path: string): number | null | string {
  return outcome(diskFormat, readFileSync(path));
}
