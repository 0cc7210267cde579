import { findDataCheck } from '../../database/data-checks.ts';
import { eachImage, type ImageData } from '../../database/inventory.ts';
import type { ImageLocation } from '../../domain/location.ts';
import { StoreError } from '../../store/store.ts';
import { differenceOf, lookThrough } from '../data-look.ts';
import type { CheckOptions } from './check.ts';
import type { Finding } from './finding.ts';
import { dataKey, type Inventory } from './inventory.ts';
import { isStillNamed } from './named.ts';

export interface CheckedContent {
  readonly findings: readonly Finding[];
  /** Bytes that were read. */
  readonly bytes: number;
}

/** What has come of one copy: its bytes differ from there on, could not be read, or are as they were. */
type Outcome =
  | { readonly kind: 'whole' }
  | { readonly kind: 'differs'; readonly position: number }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'gone' };

/**
 * Reads all data that is there, and compares it with what is known of it.
 *
 * @param bad keys of data that need not be read, since it is known not to be whole
 */
export async function checkContent(
  options: CheckOptions,
  inventory: Inventory,
  bad: ReadonlySet<string>,
): Promise<CheckedContent> {
  const findings: Finding[] = [];
  let [count, bytes] = [0, 0];
  const onBytes = (more: number) => {
    bytes += more;
    options.progress({ step: 'content', count, bytes });
  };
  for (const table of ['images', 'pending_deletes'] as const) {
    for await (const image of eachImage(options.db, table)) {
      if (image.locations.length === 0) continue;
      count += 1;
      findings.push(...(await checkImage(options, { image, inventory, bad, onBytes })));
    }
  }
  return { findings, bytes };
}

interface Work {
  readonly image: ImageData;
  readonly inventory: Inventory;
  readonly bad: ReadonlySet<string>;
  readonly onBytes: (more: number) => void;
}

async function checkImage(options: CheckOptions, work: Work): Promise<readonly Finding[]> {
  const { image, inventory } = work;
  const findings: Finding[] = [];
  let whole = 0;
  for (const location of image.locations) {
    const found = await checkCopy(options, work, location);
    if (found === 'whole') whole += 1;
    else if (found) findings.push(found);
  }
  if (inventory.damaged.has(image.id) && whole === image.locations.length) {
    const isMended = (await options.repair?.clearMark(image.id)) ?? false;
    findings.push({
      kind: 'damage-mark',
      subject: image.id,
      text: 'it is marked as damaged, and all of its data is as it was uploaded',
      advice: `Run vitrine check --hashes --repair, or vitrine scrub image ${image.id}.`,
      outcome: isMended ? 'mended' : 'found',
    });
  }
  return findings;
}

/** Undefined for a copy that is not to be read, or is gone with its record. */
async function checkCopy(
  options: CheckOptions,
  work: Work,
  location: ImageLocation,
): Promise<Finding | 'whole' | undefined> {
  const { image, bad } = work;
  const store = options.stores.of(location)?.store;
  if (!store?.isLocation(location.url)) return undefined;
  if (bad.has(dataKey(store.id, store.dataIdOf(location.url)))) return undefined;
  const outcome = await lookAt(options, work, location);
  if (outcome.kind === 'whole') return 'whole';
  if (outcome.kind === 'gone') return undefined;
  const isNamed = await isStillNamed(options.db, { imageId: image.id, location });
  return isNamed ? findingOf(image, store.id, outcome) : undefined;
}

async function lookAt(
  { db, stores }: CheckOptions,
  { image, onBytes }: Work,
  location: ImageLocation,
): Promise<Outcome> {
  const place = stores.of(location);
  if (!place) return { kind: 'gone' };
  const sums = (await findDataCheck(db, image.id))?.sums;
  try {
    await using reader = await place.store.open(location.url);
    const look = await lookThrough(reader, async (bytes) => onBytes(bytes.length));
    const wanted = { size: image.size ?? undefined, sums, sha512: image.sha512 ?? undefined };
    const position = differenceOf(wanted, look);
    return position === undefined ? { kind: 'whole' } : { kind: 'differs', position };
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    if (cause.code === 'NotFound') return { kind: 'gone' };
    const why = cause.cause instanceof Error ? cause.cause.message : cause.message;
    return { kind: 'unreadable', why };
  }
}

function findingOf(
  { id: subject }: ImageData,
  store: string,
  outcome: Extract<Outcome, { readonly kind: 'differs' | 'unreadable' }>,
): Finding {
  const advice = `Put the data back from a backup and run vitrine scrub image ${subject}, or delete the image.`;
  return outcome.kind === 'differs'
    ? {
        kind: 'data-content',
        subject,
        store,
        text: `its data is not what was uploaded: at ${outcome.position}, or behind that`,
        advice,
        outcome: 'found',
        position: outcome.position,
      }
    : {
        kind: 'data-unreadable',
        subject,
        store,
        text: `its data cannot be read (${outcome.why})`,
        advice,
        outcome: 'found',
        position: 0,
      };
}
