import { basename, dirname } from 'node:path';
import type { SystemCall, TraceEvent } from './trace.ts';

/** A change of a file's bytes that a power cut may yet undo, in part too. */
export interface Write {
  readonly id: number;
  readonly offset: number;
  /** Undefined for one that sets the size to `offset`. */
  data: Buffer | undefined;
  isDone: boolean;
}

/** A change of a folder's names that a power cut may yet undo, as a whole. */
export interface Naming {
  readonly id: number;
  readonly names: readonly (readonly [string, DiskFile | DiskFolder | undefined])[];
  isDone: boolean;
}

/** Bytes of a file: those on stable storage, and what was written since. */
export interface DiskFile {
  readonly kind: 'file';
  readonly id: number;
  /** Grows whenever `stable` changes. */
  version: number;
  stable: Buffer;
  pending: Write[];
}

/** Names in a folder: those on stable storage, what was changed since, and what the processes see. */
export interface DiskFolder {
  readonly kind: 'folder';
  readonly id: number;
  stable: Map<string, DiskFile | DiskFolder>;
  pending: Naming[];
  readonly seen: Map<string, DiskFile | DiskFolder>;
}

/** What a call that has begun does to a file or a folder. */
type Effect =
  | { readonly node: DiskFile; readonly change: Write }
  | { readonly node: DiskFolder; readonly change: Naming };

interface OpenFile {
  readonly node: DiskFile | DiskFolder;
  offset: number;
}

export interface DiskOptions {
  /** What the disk knows of; its parent has been there for ever. */
  readonly root: string;
  /** Whether a sync of that path is left out: to see that it would be missed. */
  readonly ignoresSync?: ((path: string, kind: 'file' | 'folder') => boolean) | undefined;
}

/**
 * What a disk holds for sure, and what it may have lost, after each system call of a trace.
 *
 * As harsh as POSIX lets it be: without a sync nothing is kept, neither bytes nor names, in no order; a sync
 * covers what had returned when it was called; what a failed sync was asked to save no later one saves.
 */
export class Disk {
  readonly root: DiskFolder;
  private readonly options: DiskOptions;
  private readonly open = new Map<number, OpenFile>();
  private readonly effects = new Map<SystemCall, Effect>();
  private readonly syncs = new Map<SystemCall, ReadonlySet<Write | Naming>>();
  private count = 0;

  constructor(options: DiskOptions) {
    this.options = options;
    this.root = this.newFolder();
  }

  /** Ends what a process had open. */
  forgetProcess(): void {
    this.open.clear();
  }

  /** Takes in the next event; true when what a power cut may leave has changed. */
  take({ phase, call }: TraceEvent): boolean {
    const { name } = call;
    if (name === 'close' && phase === 'begin') this.open.delete(call.files[0]?.fd ?? -1);
    if (name.startsWith('open')) return phase === 'end' && this.takeOpen(call);
    if (name === 'fsync' || name === 'fdatasync') return this.takeSync(call, phase);
    return phase === 'begin' ? this.begin(call) : this.end(call);
  }

  private begin(call: SystemCall): boolean {
    const effect = this.effectOf(call);
    if (effect) this.effects.set(call, effect);
    return effect !== undefined;
  }

  private end(call: SystemCall): boolean {
    const effect = this.effects.get(call);
    const { result = -1 } = call;
    if (!effect) {
      if (result === 0 && namingCalls.has(call.name)) this.checkForeign(call);
      return false;
    }
    this.effects.delete(call);
    if (result < 0) remove<Write | Naming>(effect.node.pending, effect.change);
    else if (effect.node.kind === 'folder') applyNames(effect.node.seen, effect.change as Naming);
    else this.shorten(call, effect.change as Write, result);
    effect.change.isDone = result >= 0;
    return true;
  }

  private checkForeign({ name, texts }: SystemCall): void {
    const path = this.pathIn(texts.at(-1));
    if (path === undefined || isIndex(path)) return;
    throw new Error(`A name changed where no folder is known: ${name} ${path}.`);
  }

  /** A write may take less than it was given. */
  private shorten(call: SystemCall, write: Write, result: number): void {
    if (!write.data || result === write.data.length) return;
    const file = this.open.get(call.files[0]?.fd ?? -1);
    if (file && !call.name.startsWith('p')) file.offset -= write.data.length - result;
    write.data = write.data.subarray(0, result);
  }

  private effectOf(call: SystemCall): Effect | undefined {
    const [file] = call.files;
    const [from, to] = call.texts.slice(0, 2).map((text) => this.pathIn(text));
    switch (call.name) {
      case 'write':
      case 'writev':
        return file && this.append(file.fd, Buffer.concat(call.texts));
      case 'pwrite64':
      case 'pwritev':
        return file && this.write(file.fd, Number(call.rest.at(-1)), Buffer.concat(call.texts));
      case 'ftruncate':
        return file && this.write(file.fd, Number(call.rest.at(-1)), undefined);
      case 'mkdir':
        return this.make(from, () => this.newFolder());
      case 'unlink':
      case 'rmdir':
        return this.name(from, () => undefined);
      case 'link':
        return this.make(to, () => this.find(from));
      case 'rename':
        return this.rename(from, to);
      default:
        return this.unknown(call);
    }
  }

  /** Whatever else changes a file of ours must not be overlooked. */
  private unknown(call: SystemCall): undefined {
    const isOurs =
      call.files.some(({ fd, path }) => this.open.has(fd) && this.isOurs(path)) ||
      (call.name === 'truncate' && call.texts.some((text) => this.pathIn(text)));
    if (isOurs && call.name !== 'close') throw new Error(`A call is not modelled: ${call.name}.`);
    return undefined;
  }

  private isOurs(path: string): boolean {
    return path === this.options.root || path.startsWith(`${this.options.root}/`);
  }

  private pathIn(text: Buffer | undefined): string | undefined {
    // Data is no path, and may be long.
    const path = text && text.length < 4096 ? String(text) : '';
    return this.isOurs(path) ? path : undefined;
  }

  private takeOpen(call: SystemCall): boolean {
    const path = this.pathIn(call.texts[0]);
    const fd = call.result ?? -1;
    if (fd < 0) return false;
    this.open.delete(fd);
    if (path === undefined || isIndex(path)) return false;
    const flags = call.rest.find((part) => part.startsWith('O_')) ?? '';
    const known = this.find(path);
    const node = known ?? (flags.includes('O_CREAT') ? this.newFile() : undefined);
    if (!node) throw new Error(`A file is open that nobody made: ${path}.`);
    if (!known) {
      const made = this.name(path, () => node);
      if (made) finish(made);
    }
    this.open.set(fd, { node, offset: 0 });
    if (!flags.includes('O_TRUNC')) return !known;
    const emptied = this.write(fd, 0, undefined);
    if (emptied) finish(emptied);
    return true;
  }

  private append(fd: number, data: Buffer): Effect | undefined {
    const file = this.open.get(fd);
    if (!file) return undefined;
    const effect = this.write(fd, file.offset, data);
    file.offset += data.length;
    return effect;
  }

  private write(fd: number, offset: number, data: Buffer | undefined): Effect | undefined {
    const node = this.open.get(fd)?.node;
    if (node?.kind !== 'file') return undefined;
    this.count += 1;
    const change: Write = { id: this.count, offset, data, isDone: false };
    node.pending.push(change);
    return { node, change };
  }

  private name(
    path: string | undefined,
    nodeOf: () => DiskFile | DiskFolder | undefined,
  ): Effect | undefined {
    if (path === undefined || path === this.options.root || isIndex(path)) return undefined;
    const folder = this.find(dirname(path));
    // The call is going to fail.
    if (folder?.kind !== 'folder') return undefined;
    return this.change(folder, [[basename(path), nodeOf()]]);
  }

  /** A name that is there stays what it is: the call is going to fail. */
  private make(
    path: string | undefined,
    nodeOf: () => DiskFile | DiskFolder | undefined,
  ): Effect | undefined {
    return this.find(path) ? undefined : this.name(path, nodeOf);
  }

  private rename(from: string | undefined, to: string | undefined): Effect | undefined {
    if (from === undefined || to === undefined) return undefined;
    if (dirname(from) !== dirname(to)) throw new Error('A rename between folders is not modelled.');
    const folder = this.find(dirname(from));
    const renamed = [basename(to), this.find(from)] as const;
    if (folder?.kind !== 'folder' || !renamed[1]) return undefined;
    return this.change(folder, [[basename(from), undefined], renamed]);
  }

  private change(node: DiskFolder, names: Naming['names']): Effect {
    this.count += 1;
    const change: Naming = { id: this.count, names, isDone: false };
    node.pending.push(change);
    return { node, change };
  }

  private takeSync(call: SystemCall, phase: TraceEvent['phase']): boolean {
    const [file] = call.files;
    const node = file && this.open.get(file.fd)?.node;
    if (!file || !node) return false;
    if (phase === 'begin') {
      const done = node.pending.filter(({ isDone }) => isDone);
      this.syncs.set(call, new Set<Write | Naming>(done));
      return false;
    }
    const covered = this.syncs.get(call) ?? new Set();
    this.syncs.delete(call);
    if (this.options.ignoresSync?.(file.path, node.kind)) return false;
    if (call.result !== 0) {
      // They may be on the disk or not, and nobody will ever be told.
      for (const lost of covered) lost.isDone = false;
      return false;
    }
    if (node.kind === 'file') settleFile(node, covered);
    else settleFolder(node, covered);
    return covered.size > 0;
  }

  private find(path: string | undefined): DiskFile | DiskFolder | undefined {
    if (path === undefined) return undefined;
    if (path === this.options.root) return this.root;
    const folder = this.find(dirname(path));
    return folder?.kind === 'folder' ? folder.seen.get(basename(path)) : undefined;
  }

  private newFile(): DiskFile {
    this.count += 1;
    return {
      kind: 'file',
      id: this.count,
      version: 0,
      stable: Buffer.from(new ArrayBuffer(0)),
      pending: [],
    };
  }

  private newFolder(): DiskFolder {
    this.count += 1;
    return { kind: 'folder', id: this.count, stable: new Map(), pending: [], seen: new Map() };
  }
}

const namingCalls: ReadonlySet<string> = new Set(['link', 'mkdir', 'rename', 'rmdir', 'unlink']);

/** The index of a write-ahead log, which is made anew after a crash. */
function isIndex(path: string): boolean {
  return path.endsWith('-shm');
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}

/** For what is over once it is known. */
function finish({ node, change }: Effect): void {
  change.isDone = true;
  if (node.kind === 'folder') applyNames(node.seen, change as Naming);
}

function settleFile(file: DiskFile, covered: ReadonlySet<Write | Naming>): void {
  const kept = file.pending.filter((write) => covered.has(write));
  if (kept.length === 0) return;
  // What a failed sync lost does not come back over what was written there since.
  file.pending = file.pending.filter(
    (write) =>
      !covered.has(write) && !kept.some((newer) => newer.id > write.id && overlap(newer, write)),
  );
  for (const write of kept) settleWrite(file, write);
  file.version += 1;
}

/** In place: a recording has thousands of syncs, and a database is larger than what each of them saves. */
function settleWrite(file: DiskFile, { offset, data }: Write): void {
  const end = data ? Math.max(file.stable.length, offset + data.length) : offset;
  const { buffer, byteOffset, length } = file.stable;
  if (end > buffer.byteLength) {
    const grown = Buffer.from(new ArrayBuffer(end * 2), 0, end);
    file.stable.copy(grown);
    file.stable = grown;
  } else {
    file.stable = Buffer.from(buffer, byteOffset, end);
    if (end > length) file.stable.fill(0, length);
  }
  if (data) data.copy(file.stable, offset);
}

function overlap(one: Write, other: Write): boolean {
  const endOf = ({ offset, data }: Write) =>
    data ? offset + data.length : Number.POSITIVE_INFINITY;
  return one.offset < endOf(other) && other.offset < endOf(one);
}

function settleFolder(folder: DiskFolder, covered: ReadonlySet<Write | Naming>): void {
  for (const naming of folder.pending) {
    if (covered.has(naming)) applyNames(folder.stable, naming);
  }
  folder.pending = folder.pending.filter((naming) => !covered.has(naming));
}

/** Changes `names` as `naming` says. */
export function applyNames(
  names: Map<string, DiskFile | DiskFolder>,
  { names: changed }: Naming,
): void {
  for (const [name, node] of changed) {
    if (node) names.set(name, node);
    else names.delete(name);
  }
}

/** A copy of the bytes after `write`, of which `takes` tells for each sector whether it reached the disk. */
export function applyWrite(
  bytes: Buffer,
  { offset, data }: Pick<Write, 'offset' | 'data'>,
  takes: (sector: number) => boolean = () => true,
): Buffer {
  if (!data) return sized(bytes, offset);
  const result = Buffer.from(sized(bytes, Math.max(bytes.length, offset + data.length)));
  for (let at = 0; at < data.length; ) {
    const sector = Math.floor((offset + at) / sectorSize);
    const end = Math.min(data.length, (sector + 1) * sectorSize - offset);
    if (takes(sector)) data.copy(result, offset + at, at, end);
    at = end;
  }
  return result;
}

/** Bytes that a disk writes whole or not at all. */
const sectorSize = 512;

function sized(bytes: Buffer, size: number): Buffer {
  if (size <= bytes.length) return bytes.subarray(0, size);
  return Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);
}
