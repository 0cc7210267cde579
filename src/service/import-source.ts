import type { Readable } from 'node:stream';
import type { Connection, Database } from '../database/database.ts';
import { findImageImport, updateImageImport } from '../database/image-imports.ts';
import { findImage } from '../database/images.ts';
import { findUsage } from '../database/usage.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { checkProperties } from '../domain/image-change.ts';
import type { OrderedMethod, RegionMethod } from '../domain/import.ts';
import { checkGivenProperties, type PropertyProtection } from '../domain/property-protection.ts';
import { checkQuotas, roomLeft, type Usage } from '../domain/quota.ts';
import type { WebClient } from '../web/web-client.ts';
import { WebError } from '../web/web-error.ts';
import { tooLarge } from './image-data.ts';
import type { Quotas } from './quotas.ts';
import type { RegionImage, Regions } from './regions.ts';
import type { TaskObjects } from './task-objects.ts';
import { TaskLostError, type TaskRun } from './task-runner.ts';
import type { TaskTokens } from './task-tokens.ts';
import { type Admit, slackIn } from './upload-room.ts';

export interface ImportSourceOptions {
  readonly database: Database;
  readonly quotas: Quotas;
  readonly protection: PropertyProtection;
  readonly web: WebClient;
  /** Other regions, whose images may be taken. */
  readonly regions: Regions;
  /** What callers have in their object stores; undefined where that is not to be taken. */
  readonly objects: TaskObjects | undefined;
  readonly tokens: TaskTokens;
}

/** Data that comes from elsewhere. */
export interface OpenedSource {
  readonly data: Readable;
  /** As announced, bytes; the data keeps to it or fails. */
  readonly size: number | undefined;
}

/** Where data for imports comes from, and how much of it may. */
export interface ImportSource {
  /** @throws DomainError */
  open(method: OrderedMethod, run: TaskRun): Promise<OpenedSource>;
  /** What an image of another region is called there. @throws DomainError */
  describe(method: RegionMethod, run: TaskRun): Promise<RegionImage>;
  /** To be called when the task is over. */
  release(run: TaskRun): void;
  /**
   * Whether whoever ordered the import may give the image these properties, and whether it may have so many.
   *
   * @throws DomainError `NotPermitted` `QuotaExceeded`
   */
  checkProperties(
    db: Connection,
    run: TaskRun,
    taken: { readonly image: Image; readonly properties: ReadonlyMap<string, string> },
  ): Promise<void>;
  /** Sets room aside for data that begins to come, and for more on its way. @throws DomainError `QuotaExceeded` */
  limitsFor(
    run: TaskRun,
    imageId: string,
    size: number | undefined,
  ): Promise<{ readonly maxSize: number; readonly admit: Admit | undefined }>;
  /** What went wrong elsewhere, in words for whoever asked for it. */
  refusalOf(cause: unknown): unknown;
  /** @throws DomainError `QuotaExceeded` */
  checkRoom(db: Connection, image: Image, added: Partial<Usage>): Promise<void>;
}

export function importSource({
  database,
  quotas,
  protection,
  web,
  regions,
  objects,
  tokens,
}: ImportSourceOptions): ImportSource {
  async function checkRoom(db: Connection, { owner }: Image, added: Partial<Usage>): Promise<void> {
    const limits = await quotas.limitsOf(db, owner);
    await quotas.check(db, { projectId: owner, limits }, added);
  }

  /** Makes what is set aside cover `size` bytes, and some more where there is room; returns how many it covers. */
  async function extend(run: TaskRun, imageId: string, size: number): Promise<number> {
    return await run.transaction(async (db) => {
      const seen = await findImage(db, imageId, null);
      const coming = await findImageImport(db, imageId);
      if (!seen || !coming) throw new TaskLostError(run.task.id);
      const needed = size - coming.stagedBytes;
      if (needed <= 0) return coming.stagedBytes;
      let slack = 0;
      if (coming.projectId !== null) {
        const limits = await quotas.limitsOf(db, coming.projectId);
        const usage = await findUsage(db, coming.projectId);
        checkQuotas(limits, usage, { stagedBytes: needed });
        const room = roomLeft(limits, usage, 'stagedBytes') - needed;
        slack = Number.isFinite(room) ? slackIn(room) : 0;
      }
      await updateImageImport(db, coming, { stagedBytes: size + slack });
      return size + slack;
    });
  }

  return {
    async open(method, run) {
      if (method.name === 'glance-download') return await regions.open(method, run);
      if (method.name === 'object-download' && objects) {
        return await objects.open(run, method.from);
      }
      if (method.name !== 'web-download') throw new Error(`${method.name} brings nothing.`);
      const url = method.uri;
      const call = { field: 'method.uri', signal: run.signal, maxSize: Number.MAX_SAFE_INTEGER };
      const { data, size } = await web.open(url, call).catch((cause: unknown) => {
        throw refusalOf(cause);
      });
      return { data, size };
    },

    async limitsFor(run, imageId, size) {
      const seen = await findImage(database.read, imageId, null);
      if (!seen) throw new TaskLostError(run.task.id);
      const limits = await quotas.limitsOf(database.read, seen.image.owner);
      const cap = limits.imageSize < 0 ? Number.MAX_SAFE_INTEGER : limits.imageSize;
      if (size !== undefined) {
        if (size > cap) throw tooLarge(cap);
        await extend(run, imageId, size);
        return { maxSize: cap, admit: undefined };
      }
      if (limits.staging < 0) return { maxSize: cap, admit: undefined };
      let granted = 0;
      const admit = async (sizeNow: number) => {
        if (sizeNow > granted) granted = await extend(run, imageId, sizeNow);
      };
      return { maxSize: cap, admit };
    },

    describe: (method, run) => regions.describe(method, run),
    release: (run) => tokens.release(run.task.id),

    async checkProperties(db, run, { image, properties }) {
      const orderer = tokens.of(run.task.id);
      if (!orderer) throw new TaskLostError(run.task.id);
      checkGivenProperties(protection, properties, orderer.caller, image);
      const all = new Map([...image.properties, ...properties]);
      checkProperties(all, await quotas.limitsOf(db, image.owner));
    },

    refusalOf,
    checkRoom,
  };
}

/** What went wrong elsewhere, in words for whoever asked for it. */
export function refusalOf(cause: unknown): unknown {
  if (!(cause instanceof WebError)) return cause;
  return new DomainError('InvalidRequest', cause.message, { cause });
}
