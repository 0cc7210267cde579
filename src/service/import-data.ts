import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Connection, Database } from '../database/database.ts';
import {
  deleteImportData,
  type ImportData,
  insertImportData,
  listForgottenData,
  listImportData,
} from '../database/image-imports.ts';
import type { StagedData } from '../domain/location.ts';
import { mib } from '../domain/quota.ts';
import type { ConfiguredStore, Stores } from '../store/stores.ts';
import type { SizingCheck } from './image-data.ts';
import type { Job } from './jobs.ts';
import { TaskLostError, type TaskRun } from './task-runner.ts';
import type { Admit } from './upload-room.ts';

interface ImportDataOptions {
  readonly database: Database;
  readonly stores: Stores;
}

/** Data to be brought into a store. */
export interface Arriving {
  readonly data: Readable;
  /** Bytes; undefined when nobody knows. */
  readonly size: number | undefined;
  /** Bytes. */
  readonly maxSize: number;
  readonly admit?: Admit | undefined;
  /** Looks at the data as what the image calls it. */
  readonly check?: FormatLook | undefined;
}

/** A look at data on its way in. */
export interface FormatLook {
  readonly as: string;
  readonly check: SizingCheck;
}

/** Data that is whole in a store, and nobody's. */
export interface Incoming {
  readonly staged: StagedData;
  /** To be called in the transaction that makes it somebody's. */
  keep(db: Connection): Promise<void>;
}

/** Brings data into a store. @throws StoreError; the data's own error; the signal's reason */
export type Bring = (target: ConfiguredStore, arriving: Arriving) => Promise<Incoming>;

/**
 * Brings data into stores for a task. Each piece is noted before its first byte, and what was not kept is removed:
 * what earlier goes have left at the beginning, the rest when it is disposed of.
 */
export async function bringer(
  options: ImportDataOptions,
  run: TaskRun,
): Promise<AsyncDisposable & { readonly bring: Bring }> {
  const { database, stores } = options;
  const open = new Set<ImportData>();
  const left = await listImportData(database.read, run.task.id);
  // What cannot be removed now stays noted, and is tried again once the task is over.
  for (const piece of left) await remove(options, piece).catch(() => undefined);

  async function bring(
    target: ConfiguredStore,
    { data, size, maxSize, admit, check: look }: Arriving,
  ): Promise<Incoming> {
    const piece = { id: randomUUID(), store: stores.idOf(target) };
    await run.transaction((db) => insertImportData(db, piece, run.task.id));
    open.add(piece);
    let told = 0;
    const admitAndTell = async (sizeNow: number) => {
      const now = Math.floor(sizeNow / mib);
      if (now !== told) run.tell(`Copied ${now} MiB`);
      told = now;
      await admit?.(sizeNow);
    };
    const stored = await target.store.put(piece.id, data, {
      maxSize,
      ...(size !== undefined && { expectedSize: size }),
      admit: admitAndTell,
      check: look?.check,
      signal: run.signal,
    });
    return {
      staged: {
        store: piece.store,
        url: stored.location,
        size: stored.size,
        checksum: stored.checksum,
        sha512: stored.sha512,
        checkedAs: look?.as ?? null,
        virtualSize: look?.check.virtualSize ?? null,
      },
      async keep(db) {
        if (!(await deleteImportData(db, piece.id))) throw new TaskLostError(run.task.id);
      },
    };
  }

  return {
    bring,
    async [Symbol.asyncDispose]() {
      // What was kept is noted no more.
      if (open.size === 0) return;
      const left = await listImportData(database.read, run.task.id);
      for (const piece of left.filter(({ id }) => [...open].some((one) => one.id === id))) {
        await remove(options, piece).catch(() => undefined);
      }
    },
  };
}

async function remove({ database, stores }: ImportDataOptions, piece: ImportData): Promise<void> {
  await stores.named(piece.store).store.discard(piece.id);
  await database.transaction((db) => deleteImportData(db, piece.id));
}

/** Removes what tasks have left that are over: they ended from outside, and then their process did. */
export function forgottenDataJob(options: ImportDataOptions): Job {
  return {
    name: 'removal of what imports left',
    interval: 60_000,
    failure: 'Data that imports have left could not be removed; it is tried again.',
    async run(signal) {
      const failures: unknown[] = [];
      for (const piece of await listForgottenData(options.database.read)) {
        signal.throwIfAborted();
        await remove(options, piece).catch((cause: unknown) => failures.push(cause));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
