import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { CachedImage } from '../../domain/cached-image.ts';

/** Which data an entry holds: of another checksum it would be another entry. */
export interface EntryKey {
  readonly imageId: string;
  /** MD5, lower-case hex. */
  readonly checksum: string;
}

/**
 * `coming`: it is being fetched. `whole`: it was compared with its checksum and may be given out. `going`: nobody is to
 * find it any more, but it may take room yet.
 */
type EntryState = 'coming' | 'whole' | 'going';

/** An entry that takes room. */
export interface Entry extends EntryKey {
  readonly state: EntryState;
  /** Of the file in which it comes. */
  readonly partial: string;
  /** Bytes. */
  readonly size: number;
}

/** An entry that is to come, with all the room that it will take. */
export interface Coming extends EntryKey {
  /** Bytes. */
  readonly size: number;
  readonly partial: string;
}

export type Reservation =
  | 'reserved'
  | 'known'
  | 'no room'
  | 'too large'
  | { readonly toRemove: readonly Entry[] };

/** Seconds without a sign of life after which a process is taken for gone. */
const goneTime = 60;

const schema = `
  create table if not exists owners (id text primary key, seen_at real not null) without rowid;
  create table if not exists entries (
    image_id text not null, checksum text not null, size integer not null, state text not null, partial text not null,
    owner text not null, hits integer not null, accessed_at real not null, modified_at real not null,
    primary key (image_id, checksum)
  ) without rowid;
  create index if not exists entries_by_access on entries (state, accessed_at);
  create table if not exists pins (
    image_id text not null, checksum text not null, owner text not null, primary key (image_id, checksum, owner)
  ) without rowid;
  create table if not exists queue (
    image_id text primary key, queued_at real not null, due_at real not null, owner text, tries integer not null
  ) without rowid;
  create table if not exists room (used integer not null);
  insert into room select 0 where not exists (select 1 from room);
  create trigger if not exists entry_comes after insert on entries begin update room set used = used + new.size; end;
  create trigger if not exists entry_goes after delete on entries begin update room set used = used - old.size; end;
`;

/** Which entries nobody has open. */
const unpinned = `not exists (select 1 from pins p where p.image_id = entries.image_id and p.checksum = entries.checksum)`;

const isKey = 'image_id = ? and checksum = ?';

type Value = string | number;

export interface CacheIndexOptions {
  readonly path: string;
  /** By which the next process with this place knows what this one left. */
  readonly owner: string;
  /** Seconds since 1970. */
  readonly now: () => number;
}

/**
 * What a cache's folder holds, for all processes that use it: room is set aside before a byte is written, and stays
 * counted until nobody has the file open any more. What it says of whole entries may be lost in a power cut, and they are then
 * fetched again.
 */
export class CacheIndex implements Disposable {
  readonly #database: DatabaseSync;
  readonly #owner: string;
  readonly #now: () => number;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws Error of SQLite */
  constructor({ path, owner, now }: CacheIndexOptions) {
    this.#database = new DatabaseSync(path);
    this.#owner = owner;
    this.#now = now;
    this.#database.exec('pragma busy_timeout = 5000; pragma journal_mode = wal');
    this.#database.exec('pragma synchronous = normal');
    this.#atomically(() => this.#database.exec(schema));
  }

  /** Bytes that entries take or will take. */
  used(): number {
    return Number(this.#row('select used from room')?.['used']);
  }

  imageCount(): number {
    return Number(this.#row(`select count(*) as n from entries where state = 'whole'`)?.['n']);
  }

  queueLength(): number {
    return Number(this.#row('select count(*) as n from queue')?.['n']);
  }

  list(): readonly CachedImage[] {
    return this.#rows(`select * from entries where state = 'whole' order by image_id`).map(
      (row) => ({
        imageId: String(row['image_id']),
        size: Number(row['size']),
        hits: Number(row['hits']),
        lastAccessed: Number(row['accessed_at']),
        lastModified: Number(row['modified_at']),
      }),
    );
  }

  listWhole(): readonly Entry[] {
    return this.#rows(`select * from entries where state = 'whole'`).map(entryOf);
  }

  isWhole({ imageId, checksum }: EntryKey): boolean {
    const sql = `select 1 from entries where ${isKey} and state = 'whole'`;
    return this.#row(sql, imageId, checksum) !== undefined;
  }

  /** Whether there is something of an image, be it only its order. */
  knows(imageId: string): boolean {
    const entry = `select 1 from entries where image_id = ? and state <> 'going'`;
    const sql = `${entry} union all select 1 from queue where image_id = ?`;
    return this.#row(sql, imageId, imageId) !== undefined;
  }

  /** Whether a file of that name, of the form `<image id>.<checksum>[.<of a fetch>]`, is of an entry. */
  hasFile(name: string): boolean {
    const [imageId = '', checksum = '', fetch] = name.split('.');
    const row = this.#row(`select partial from entries where ${isKey}`, imageId, checksum);
    return row !== undefined && (fetch === undefined || row['partial'] === name);
  }

  /** Pins an entry that is whole, so that it keeps its room; false when there is none. */
  pinWhole(key: EntryKey): boolean {
    return this.#atomically(() => {
      if (!this.isWhole(key)) return false;
      this.#pin(key);
      return true;
    });
  }

  /** Lets go of an entry; returns whether its room can be given back now. */
  unpin({ imageId, checksum }: EntryKey): boolean {
    return this.#atomically(() => {
      this.#change(`delete from pins where ${isKey} and owner = ?`, imageId, checksum, this.#owner);
      const free = `select 1 from entries where ${isKey} and state = 'going' and ${unpinned}`;
      return this.#row(free, imageId, checksum) !== undefined;
    });
  }

  noteHits({ imageId, checksum }: EntryKey, hits: number, at: number): void {
    const sql = `update entries set hits = hits + ?, accessed_at = max(accessed_at, ?) where ${isKey}`;
    this.#change(sql, hits, at, imageId, checksum);
  }

  /** Sets room aside, and pins it; whoever is told what to remove does so and asks again. */
  reserve(coming: Coming, most: number): Reservation {
    const { imageId, checksum, size } = coming;
    return this.#atomically(() => {
      if (this.#row(`select 1 from entries where ${isKey}`, imageId, checksum)) return 'known';
      if (size > most) return 'too large';
      const missing = this.used() + size - most;
      if (missing > 0) return this.#makeRoom(missing);
      this.#insert(coming);
      this.#pin(coming);
      return 'reserved';
    });
  }

  /** What this process fetches. */
  listOwnComing(): readonly Entry[] {
    const sql = `select * from entries where state = 'coming' and owner = ?`;
    return this.#rows(sql, this.#owner).map(entryOf);
  }

  /** Whether what comes in that file is still wanted. */
  isComing({ imageId, checksum, partial }: Omit<Coming, 'size'>): boolean {
    const sql = `select 1 from entries where ${isKey} and partial = ? and state = 'coming'`;
    return this.#row(sql, imageId, checksum, partial) !== undefined;
  }

  /** Whether what came in that file has become an entry. */
  isKept({ imageId, checksum, partial }: Omit<Coming, 'size'>): boolean {
    const sql = `select 1 from entries where ${isKey} and partial = ? and state = 'whole'`;
    return this.#row(sql, imageId, checksum, partial) !== undefined;
  }

  /** Makes it an entry that may be given out; false when it is not wanted any more. */
  finish({ imageId, checksum, partial }: Omit<Coming, 'size'>): boolean {
    const sql = `update entries set state = 'whole', accessed_at = ?, modified_at = ? where ${isKey} and partial = ? and state = 'coming'`;
    return this.#change(sql, this.#now(), this.#now(), imageId, checksum, partial) > 0;
  }

  /** Hides the entries of an image, of all images without one; returns those that were there to be found. */
  hide(imageId?: string): readonly Entry[] {
    const wanted = imageId === undefined ? `state <> 'going'` : `state <> 'going' and image_id = ?`;
    const values = imageId === undefined ? [] : [imageId];
    return this.#atomically(() => {
      const found = this.#rows(`select * from entries where ${wanted}`, ...values);
      this.#change(`update entries set state = 'going' where ${wanted}`, ...values);
      return found.map(entryOf);
    });
  }

  /** Hides one entry, as long as it is that of this file. */
  hideOne({ imageId, checksum, partial }: Omit<Coming, 'size'>): void {
    const sql = `update entries set state = 'going' where ${isKey} and partial = ?`;
    this.#change(sql, imageId, checksum, partial);
  }

  /** Hides what was used longest ago, until the rest takes no more than `most` bytes as far as nobody reads it. */
  hideBeyond(most: number): readonly Entry[] {
    return this.#atomically(() => {
      const { entries } = this.#leastUsed(this.used() - most);
      for (const entry of entries) this.hideOne(entry);
      return entries;
    });
  }

  /** What nobody is to find, reads or writes any more, and takes room all the same. */
  listFreeable(): readonly Entry[] {
    return this.#rows(`select * from entries where state = 'going' and ${unpinned}`).map(entryOf);
  }

  /** Gives room back, once the files are gone; nothing while somebody reads it yet. */
  forget({ imageId, checksum, partial }: Entry): void {
    const sql = `delete from entries where ${isKey} and partial = ? and state = 'going' and ${unpinned}`;
    this.#change(sql, imageId, checksum, partial);
  }

  /** Lets go what processes had that are gone, the last one in this place too where `own` is. */
  releaseGone(own: boolean): void {
    const owner = this.#owner;
    const gone = own ? 'owner = ?' : 'owner <> ? and owner not in (select id from owners)';
    this.#atomically(() => {
      const since = this.#now() - goneTime;
      this.#change('delete from owners where seen_at <= ? and id <> ?', since, owner);
      this.#change(`update entries set state = 'going' where state = 'coming' and ${gone}`, owner);
      this.#change(`delete from pins where ${gone}`, owner);
      this.#change(`update queue set owner = null where ${gone}`, owner);
    });
  }

  sayAlive(): void {
    const sql =
      'insert into owners values (?, ?) on conflict do update set seen_at = excluded.seen_at';
    this.#change(sql, this.#owner, this.#now());
  }

  enqueue(imageId: string): void {
    this.#change('insert or ignore into queue values (?, ?, 0, null, 0)', imageId, this.#now());
  }

  dequeue(imageId: string): void {
    this.#change('delete from queue where image_id = ?', imageId);
  }

  /** Returns how many were in it. */
  clearQueue(): number {
    return this.#change('delete from queue');
  }

  /** Ids of images that are not there yet, in the order in which they were asked for. */
  listQueue(): readonly string[] {
    const isThere = `exists (select 1 from entries where entries.image_id = queue.image_id and state = 'whole')`;
    const sql = `select image_id from queue where not ${isThere} order by queued_at, image_id`;
    return this.#rows(sql).map((row) => String(row['image_id']));
  }

  /**
   * The next image that is to be fetched, for this process alone; its tries count this one. What this process claimed before
   * is nobody's again: it fetches one at a time.
   */
  claim(): { readonly imageId: string; readonly tries: number } | undefined {
    const next = 'owner is null and due_at <= ? order by queued_at, image_id limit 1';
    return this.#atomically(() => {
      this.#change('update queue set owner = null where owner = ?', this.#owner);
      const row = this.#row(`select * from queue where ${next}`, this.#now());
      if (!row) return undefined;
      const imageId = String(row['image_id']);
      const sql = 'update queue set owner = ?, tries = tries + 1 where image_id = ?';
      this.#change(sql, this.#owner, imageId);
      return { imageId, tries: Number(row['tries']) + 1 };
    });
  }

  /** Gives it back, to be tried again that much later (s) as if it had been tried so often. */
  putBack(imageId: string, { after, tries }: { after: number; tries: number }): void {
    const sql = 'update queue set owner = null, due_at = ?, tries = ? where image_id = ?';
    this.#change(sql, this.#now() + after, tries, imageId);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #pin({ imageId, checksum }: EntryKey): void {
    const sql = 'insert or ignore into pins values (?, ?, ?)';
    this.#change(sql, imageId, checksum, this.#owner);
  }

  #insert({ imageId, checksum, size, partial }: Coming): void {
    const sql = `insert into entries values (?, ?, ?, 'coming', ?, ?, 0, ?, ?)`;
    const [owner, now] = [this.#owner, this.#now()];
    this.#change(sql, imageId, checksum, size, partial, owner, now, now);
  }

  #makeRoom(wanted: number): Reservation {
    const { entries, bytes } = this.#leastUsed(wanted);
    if (bytes < wanted) return 'no room';
    for (const entry of entries) this.hideOne(entry);
    return { toRemove: entries };
  }

  /** Those used longest ago that nobody has open, as many as make `wanted` bytes free. */
  #leastUsed(wanted: number): { readonly entries: readonly Entry[]; readonly bytes: number } {
    const entries: Entry[] = [];
    let bytes = 0;
    const sql = `select * from entries where state = 'whole' and ${unpinned} order by accessed_at`;
    for (const row of this.#prepared(sql).iterate()) {
      if (bytes >= wanted) break;
      const entry = entryOf(row as Record<string, unknown>);
      entries.push(entry);
      bytes += entry.size;
    }
    return { entries, bytes };
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #rows(sql: string, ...values: Value[]): Record<string, unknown>[] {
    return this.#prepared(sql).all(...values) as Record<string, unknown>[];
  }

  #row(sql: string, ...values: Value[]): Record<string, unknown> | undefined {
    return this.#rows(sql, ...values)[0];
  }

  /** Returns how many rows were changed. */
  #change(sql: string, ...values: Value[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** Runs work in a transaction that has the index to itself. */
  #atomically<T>(work: () => T): T {
    this.#database.exec('begin immediate');
    try {
      const result = work();
      this.#database.exec('commit');
      return result;
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw cause;
    }
  }
}

function entryOf(row: Record<string, unknown>): Entry {
  return {
    imageId: String(row['image_id']),
    checksum: String(row['checksum']),
    partial: String(row['partial']),
    size: Number(row['size']),
    state: row['state'] as EntryState,
  };
}
