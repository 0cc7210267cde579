import type { Readable } from 'node:stream';
import { DomainError } from '../domain/errors.ts';
import { headSize, likelyFormat, tailSize } from '../domain/image-format/likely-format.ts';
import { type ObjectPath, objectPath } from '../domain/object-path.ts';
import type { Hashers } from '../store/hashing.ts';
import type { Received } from '../store/receive.ts';
import { type StoredReader, StoreError } from '../store/store.ts';
import type { CallerObjects } from '../store/swift/caller-objects.ts';
import { dataOf } from './copies.ts';
import type { OpenedSource } from './import-source.ts';
import type { TaskRun } from './task-runner.ts';
import type { TaskTokens } from './task-tokens.ts';

export interface TaskObjectsOptions {
  /** Where the containers of a project are, without a slash at its end. */
  readonly urlOf: (projectId: string) => string;
  readonly tokens: TaskTokens;
  /** Certificates in PEM to trust instead of the usual authorities. */
  readonly ca: string | undefined;
  readonly hashers: Hashers;
}

/** An image on its way out. */
export interface SentObject {
  readonly data: Readable;
  /** Bytes. */
  readonly size: number;
  /** Told how many bytes are sent. */
  readonly onSent: (size: number) => void;
  /** Judges what was sent before there is an object of it. @throws StoreError `Damaged` */
  readonly accept: (received: Received) => void;
}

/**
 * What callers have in the operator's object store. It is asked with the token of whoever ordered the task: nobody
 * reaches what the store would not give him.
 */
export interface TaskObjects {
  /** @throws DomainError when there is no such object, or the store does not answer */
  open(run: TaskRun, from: string): Promise<OpenedSource>;
  /** The format that an object seems to have, as an image would call it. @throws DomainError */
  formatOf(run: TaskRun, from: string): Promise<string>;
  /** Makes a new object of an image's data. @throws DomainError when the container is not there, or the object is; what `sent` throws */
  send(run: TaskRun, to: ObjectPath, sent: SentObject): Promise<void>;
}

/** What callers call the path of what they import. */
const field = 'input.import_from';

export function taskObjects(options: TaskObjectsOptions): TaskObjects {
  /** @param loss what it means for the caller that nobody can ask for him any more */
  async function containerOf(
    { task }: TaskRun,
    container: string,
    loss = '',
  ): Promise<CallerObjects> {
    const token = options.tokens.of(task.id)?.token;
    if (token === undefined || task.owner === null) {
      const text = `The token by which the task was ordered is gone; order it again.${loss}`;
      throw new DomainError('InvalidRequest', text);
    }
    // Few services are asked for this.
    const { callerObjects } = await import('../store/swift/caller-objects.ts');
    return callerObjects({ ...options, token, container, storageUrl: options.urlOf(task.owner) });
  }

  return {
    async open(run, from) {
      const { container, name } = objectPath(from, field);
      const objects = await containerOf(run, container);
      try {
        const reader = await objects.open(name);
        if (!reader) throw missing(from);
        const data = dataOf(reader, () => run.signal.throwIfAborted());
        data.once('close', () => void close(reader, objects));
        return { data, size: reader.size };
      } catch (cause) {
        await objects[Symbol.asyncDispose]();
        throw refusalOf(cause);
      }
    },

    async formatOf(run, from) {
      const { container, name } = objectPath(from, field);
      await using objects = await containerOf(run, container);
      try {
        await using reader = await objects.open(name);
        if (!reader) throw missing(from);
        const head = await bytesOf(reader, 0, headSize);
        const tail = await bytesOf(reader, Math.max(0, reader.size - tailSize), tailSize);
        return likelyFormat(head, tail);
      } catch (cause) {
        throw refusalOf(cause);
      }
    },

    async send(run, { container, name }, { data, size, onSent, accept }) {
      const loss = ` Parts that were sent may lie below ${container}/segments/${name}/.`;
      await using objects = await containerOf(run, container, loss);
      try {
        if (!(await objects.hasContainer())) {
          throw new DomainError('InvalidRequest', `There is no container ${container}.`);
        }
        if (await objects.has(name)) throw isThere(container, name);
        await objects.put(name, data, {
          maxSize: size,
          expectedSize: size,
          admit: async (sent) => onSent(sent),
          accept,
          signal: run.signal,
        });
      } catch (cause) {
        if (isOfSource(cause, data)) throw cause;
        if (cause instanceof StoreError && cause.code === 'Exists') throw isThere(container, name);
        throw refusalOf(cause);
      }
    },
  };
}

async function bytesOf(reader: StoredReader, position: number, most: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(Math.min(most, reader.size - position));
  return bytes.subarray(0, await reader.read(bytes, position));
}

async function close(...parts: readonly AsyncDisposable[]): Promise<void> {
  for (const part of parts) await part[Symbol.asyncDispose]();
}

function missing(from: string): DomainError {
  return new DomainError('InvalidRequest', `There is no object ${from} in your object store.`);
}

function isThere(container: string, name: string): DomainError {
  return new DomainError('InvalidRequest', `There is an object ${container}/${name} already.`);
}

/** Whether it is the image's data that failed, and not the object store. */
function isOfSource(cause: unknown, data: Readable): boolean {
  return cause === data.errored || (cause instanceof StoreError && cause.code === 'Damaged');
}

/** What went wrong there, in words for whoever asked for it. */
function refusalOf(cause: unknown): unknown {
  if (!(cause instanceof StoreError)) return cause;
  const code = cause.code === 'Full' ? 'QuotaExceeded' : 'StoreUnavailable';
  return new DomainError(code, `The object store: ${cause.message}`, { cause });
}
