import { buffer } from 'node:stream/consumers';
import { DomainError } from '../domain/errors.ts';
import type { RegionMethod } from '../domain/import.ts';
import type { WebClient, WebData } from '../web/web-client.ts';
import { type OpenedSource, refusalOf } from './import-source.ts';
import type { TaskRun } from './task-runner.ts';
import type { TaskTokens } from './task-tokens.ts';

/** What is taken over of an image of another region, beside its data. */
export interface RegionImage {
  readonly diskFormat: string;
  readonly containerFormat: string;
  readonly properties: ReadonlyMap<string, string>;
}

export interface RegionsOptions {
  /** Where the Images API of each region is, without a slash at its end. */
  readonly urls: ReadonlyMap<string, string>;
  /** Asks these, and nobody else. */
  readonly web: WebClient;
  readonly tokens: TaskTokens;
}

/**
 * The image services of other regions, which the operator names. They are asked with the token of whoever wants an image
 * of theirs.
 */
export interface Regions {
  /** @throws DomainError `InvalidRequest` for a region that is none */
  check(region: string): void;
  /** @throws DomainError `InvalidRequest` when there is no such image, or none with data */
  describe(method: RegionMethod, run: TaskRun): Promise<RegionImage>;
  /** @throws DomainError */
  open(method: RegionMethod, run: TaskRun): Promise<OpenedSource>;
}

/** Bytes of an image's document that are taken. */
const maxDocument = 1024 * 1024;

/** How the properties begin that are taken over. @see Glance, `[glance_download_properties]` */
const taken = ['hw_', 'trait:', 'os_distro', 'os_secure_boot', 'os_type'];

export function regions({ urls, web, tokens }: RegionsOptions): Regions {
  function urlOf(region: string): string {
    const url = urls.get(region);
    if (url !== undefined) return url;
    const names = [...urls.keys()].join(', ') || 'none';
    throw new DomainError('InvalidRequest', `method.glance_region: one of ${names} is wanted.`);
  }

  async function ask(
    { region, imageId }: RegionMethod,
    run: TaskRun,
    { path, maxSize }: { readonly path: string; readonly maxSize: number },
  ): Promise<WebData> {
    const token = tokens.of(run.task.id)?.token;
    if (token === undefined) {
      const text = 'The token by which the import was ordered is gone; order it again.';
      throw new DomainError('InvalidRequest', text);
    }
    const call = {
      field: 'method.glance_region',
      signal: run.signal,
      maxSize,
      headers: { 'x-auth-token': token },
    };
    return await web
      .open(`${urlOf(region)}/v2/images/${imageId}${path}`, call)
      .catch((cause: unknown) => {
        throw refusalOf(cause);
      });
  }

  return {
    check: (region) => void urlOf(region),

    async describe(method, run) {
      const { data } = await ask(method, run, { path: '', maxSize: maxDocument });
      return regionImage(await buffer(data).catch((cause) => Promise.reject(refusalOf(cause))));
    },

    async open(method, run) {
      const { data, size } = await ask(method, run, {
        path: '/file',
        maxSize: Number.MAX_SAFE_INTEGER,
      });
      return { data, size };
    },
  };
}

function regionImage(document: Uint8Array): RegionImage {
  const image = parsed(document);
  const { status, disk_format: diskFormat, container_format: containerFormat } = image;
  if (status !== 'active') {
    throw new DomainError('InvalidRequest', `The image there is ${String(status)}, not active.`);
  }
  if (typeof diskFormat !== 'string' || typeof containerFormat !== 'string') {
    throw new DomainError('InvalidRequest', 'The image there has no formats.');
  }
  const properties = Object.entries(image).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' &&
      entry[0].length <= 255 &&
      taken.some((start) => entry[0].startsWith(start)),
  );
  return { diskFormat, containerFormat, properties: new Map(properties) };
}

function parsed(document: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(document).toString('utf8'));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // What is no document is told of below.
  }
  throw new DomainError('InvalidRequest', 'The region does not answer as an image service does.');
}
