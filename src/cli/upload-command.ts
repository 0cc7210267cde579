import { openAsBlob, realpathSync, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { ApiError } from '../client/api-error.ts';
import { diskFormats, formatOf, nameOf } from '../client/disk-format.ts';
import { createImage, getImage, type ImageBody } from '../client/images.ts';
import type { Login, Session } from '../client/session.ts';
import { durationText } from '../client/text.ts';
import { uploadResumably } from '../client/uploads.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { imageIdOf } from './image-argument.ts';
import { progressOn } from './progress.ts';
import { type RememberedUpload, type UploadKey, uploadMemory } from './upload-memory.ts';

interface UploadOptions extends CommonOptions {
  readonly name?: string;
  readonly diskFormat?: string;
  readonly containerFormat: string;
  readonly image?: string;
  readonly store?: string;
  readonly retryFor: string;
}

/** Adds `vitrine image upload`. */
export function addUploadCommand(image: Command): void {
  withCommonOptions(image.command('upload <file>'))
    .description(
      'upload a file as an image; ended in the middle, the same command goes on where it was',
    )
    .option('--name <name>', 'what the image is to be called; else what the file is')
    .option('--disk-format <format>', `one of ${diskFormats.join(', ')}; else by the file's name`)
    .option('--container-format <format>', 'what the disk is packed in', 'bare')
    .option('--image <image>', 'the queued image that is to have the data, instead of a new one')
    .option('--store <id>', 'the store that is to have it, where there are several')
    .option('--retry-for <seconds>', 'how long it is tried again while nothing gets through', '300')
    .action(upload);
}

async function upload(file: string, options: UploadOptions): Promise<void> {
  const patience = secondsOf(options.retryFor) * 1000;
  const { session, login, output } = openContext(options);
  const { path, stats } = fileAt(file);
  const memory = uploadMemory(process.env);
  const key = keyOf(login, { path, stats, options });
  const known = memory.find(key);
  const begun = (known && (await stillWaiting(session, known))) || {
    imageId: await newImage(session, path, options),
  };
  memory.keep(key, begun);
  const progress = progressOn(process.stderr, stats.size);
  if (begun.uploadId !== undefined) progress.say(`Goes on with the upload of ${path}.`);
  try {
    await uploadResumably(
      session,
      {
        imageId: begun.imageId,
        data: await openAsBlob(path),
        uploadId: begun.uploadId,
        store: options.store,
      },
      {
        patience,
        onBegun: (uploadId) => memory.keep(key, { ...begun, uploadId }),
        onProgress: (bytes) => progress.at(bytes),
        onPause: ({ problem, wait }) =>
          progress.say(`${textOf(problem)} Tried again in ${durationText(wait / 1000)}.`),
      },
    );
  } catch (error) {
    if (!(error instanceof ApiError)) {
      progress.say('Not all is uploaded. The same command goes on where it was.');
    } else if (isOver(error)) memory.forget(key);
    throw error;
  } finally {
    progress.end();
  }
  const {
    id,
    name,
    status,
    size,
    checksum,
    os_hash_value: hash,
  } = await getImage(session, begun.imageId);
  output.fields({ id, name, status, size, checksum, os_hash_value: hash });
  // Only now: whoever is killed before has not said of which image it is.
  memory.forget(key);
}

function secondsOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CommandError('--retry-for: a number of seconds is wanted.');
}

interface LocalFile {
  readonly path: string;
  readonly stats: Stats;
}

/** @throws CommandError when there is no such file */
function fileAt(given: string): LocalFile {
  try {
    const path = realpathSync(given);
    const stats = statSync(path);
    if (stats.isFile()) return { path, stats };
  } catch (cause) {
    throw new CommandError(`${given} cannot be read.`, { cause });
  }
  throw new CommandError(`${given} is not a file.`);
}

/** The same file as it was, by the same words. */
function keyOf(
  { authUrl, proof }: Login,
  { path, stats, options }: LocalFile & { readonly options: UploadOptions },
): UploadKey {
  const { name, diskFormat, containerFormat, image, store } = options;
  const who = proof.kind === 'password' ? JSON.stringify([proof.user, proof.project]) : proof.kind;
  return [
    ...[authUrl, who, path, stats.dev, stats.ino, stats.size, stats.mtimeMs],
    ...[name, diskFormat, containerFormat, image, store],
  ];
}

/** What can be gone on with: the image waits for data as it did, and nobody else has given it any. */
async function stillWaiting(
  session: Session,
  known: RememberedUpload,
): Promise<RememberedUpload | undefined> {
  const image = await getImage(session, known.imageId).catch(notFound);
  // With an upload that is done, asking for its end shows it.
  if (image?.status === 'queued') return { imageId: image.id };
  const isComing = image?.status === 'saving' || image?.status === 'active';
  return isComing && known.uploadId !== undefined ? known : undefined;
}

function notFound(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}

async function newImage(session: Session, path: string, options: UploadOptions): Promise<string> {
  if (options.image !== undefined) return await imageIdOf(session, options.image);
  const file = basename(path);
  const image: ImageBody = await createImage(session, {
    name: options.name ?? nameOf(file),
    disk_format: options.diskFormat ?? formatOf(file),
    container_format: options.containerFormat,
  });
  return image.id;
}

/** What is refused for good is not gone on with. */
function isOver({ status }: ApiError): boolean {
  return [400, 403, 404, 410, 415].includes(status);
}

function textOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}
