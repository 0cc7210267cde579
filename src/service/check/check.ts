import type { Connection } from '../../database/database.ts';
import { eachShareLine, isInChain } from '../../database/share-log.ts';
import { findUnsoundness } from '../../database/snapshot.ts';
import type { ShareLine } from '../../domain/share-log.ts';
import { type StoredObject, StoreError } from '../../store/store.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';
import { checkContent } from './content.ts';
import type { Finding } from './finding.ts';
import { dataKey, type Inventory, type Named, takeInventory } from './inventory.ts';
import { isStillNamed } from './named.ts';
import type { Repair } from './repair.ts';

export interface CheckOptions {
  readonly stores: Stores;
  /** Reads what is committed now. */
  readonly db: Connection;
  /** Runs reads that all see the same moment. */
  readonly inSnapshot: <T>(work: (db: Connection) => Promise<T>) => Promise<T>;
  /** Whether the database is a file of SQLite, of which SQLite can tell whether it is sound. */
  readonly isFile: boolean;
  /** Whether all data is read and compared with its hashes. */
  readonly hashes: boolean;
  /** What may be put right; undefined for a look alone. */
  readonly repair: Repair | undefined;
  /** What is in a store and nobody's is left alone until it has been there for so long, ms. */
  readonly minAge: number;
  readonly progress: (so: CheckProgress) => void;
  readonly clock: () => Date;
}

export interface CheckProgress {
  readonly step: 'records' | 'stores' | 'content';
  /** Records, objects or images so far. */
  readonly count: number;
  /** Bytes of data read. */
  readonly bytes: number;
}

export interface CheckReport {
  readonly images: number;
  readonly objects: number;
  /** Bytes of data read. */
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/**
 * Compares all records with what is in the stores, both ways. Safe beside services at work: what seems wrong is looked at
 * once more before it is told, and what nobody names is nobody's only when that was so before and after it was seen.
 */
export async function check(options: CheckOptions): Promise<CheckReport> {
  const { stores, inSnapshot, progress } = options;
  const findings: Finding[] = [];
  findings.push(...(await checkDatabase(options)));
  const inventory = await inSnapshot((db) => takeInventory(db, stores));
  progress({ step: 'records', count: inventory.named.size, bytes: 0 });
  findings.push(...(await checkRecords(options, inventory)));
  findings.push(...(await checkShareLogs(options.db)));
  const seen = await checkStores(options, inventory);
  findings.push(...seen.findings);
  const content = options.hashes
    ? await checkContent(options, inventory, seen.bad)
    : { findings: [], bytes: 0 };
  findings.push(...content.findings);
  await markDamagedImages(options, inventory, findings);
  const images = new Set([...inventory.named.values()].map(({ imageId }) => imageId)).size;
  return { images, objects: seen.objects, bytes: content.bytes, findings };
}

/**
 * Has callers told of images that cannot be read as they were uploaded, instead of waiting for a store in vain. One that
 * can be read from another copy is none of these.
 */
async function markDamagedImages(
  { repair }: CheckOptions,
  { named }: Inventory,
  findings: readonly Finding[],
): Promise<void> {
  if (!repair) return;
  const copies = new Map<string, number>();
  for (const { imageId, isLive } of named.values()) {
    if (isLive) copies.set(imageId, (copies.get(imageId) ?? 0) + 1);
  }
  for (const { subject, position } of findings) {
    const left = copies.get(subject);
    if (position === undefined || left === undefined) continue;
    copies.set(subject, left - 1);
    if (left === 1) await repair.markDamaged(subject, position);
  }
}

async function checkDatabase({ db, isFile }: CheckOptions): Promise<readonly Finding[]> {
  if (!isFile) return [];
  return (await findUnsoundness(db)).map((text) => ({
    kind: 'database-unsound',
    subject: 'vitrine.db',
    text,
    advice: 'Restore a backup: vitrine restore.',
    outcome: 'found',
  }));
}

/** What records say that cannot be so, whatever is in the stores. */
async function checkRecords(
  { repair }: CheckOptions,
  inventory: Inventory,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { imageId, location } of inventory.nowhere) {
    findings.push({
      kind: 'store-unknown',
      subject: imageId,
      store: location.store ?? undefined,
      text: 'its data is in a store that is not set up',
      advice: 'Set the store up again, or delete the image.',
      outcome: 'found',
    });
  }
  for (const subject of inventory.empty) {
    const text = 'it can be read by its status, and has no data';
    const advice = 'Delete the image, or restore a backup.';
    findings.push({ kind: 'image-without-data', subject, text, advice, outcome: 'found' });
  }
  const mend = async (one: Omit<Finding, 'outcome'>, work: (own: Repair) => Promise<boolean>) => {
    const isMended = repair !== undefined && (await work(repair));
    findings.push({ ...one, outcome: isMended ? 'mended' : 'found' });
  };
  const advice = 'Run vitrine check --repair.';
  for (const subject of inventory.stuckUploads) {
    const text = 'it waits for an upload that nobody is at';
    await mend({ kind: 'upload-stuck', subject, text, advice }, (own) => own.endUpload(subject));
  }
  for (const subject of inventory.stuckImports) {
    const text = 'it waits for an import that nobody is at';
    await mend({ kind: 'import-stuck', subject, text, advice }, (own) => own.endImport(subject));
  }
  for (const subject of inventory.unchecked) {
    const text = 'nothing is noted of its data, so that it would never be looked at';
    await mend({ kind: 'check-record', subject, text, advice }, (own) => own.addCheck(subject));
  }
  for (const subject of inventory.strayChecks) {
    const text = 'something is noted of its data, and it has none';
    await mend({ kind: 'check-record', subject, text, advice }, (own) => own.removeCheck(subject));
  }
  for (const { projectId: subject, kept, counted } of inventory.usage) {
    const text = `it is said to use ${JSON.stringify(kept)}, and uses ${JSON.stringify(counted)}`;
    await mend({ kind: 'usage', subject, text, advice }, (own) => own.recount(subject));
  }
  return findings;
}

async function checkShareLogs(db: Connection): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let before: ShareLine | undefined;
  for await (const line of eachShareLine(db)) {
    if (!isInChain(line, before)) {
      findings.push({
        kind: 'share-log',
        subject: line.imageId,
        text: `line ${line.number} of its share log is not as it was written, or does not follow the one before it`,
        advice: 'Keep the database as evidence, and compare the log with that of a backup.',
        outcome: 'found',
      });
    }
    before = line;
  }
  return findings;
}

interface SeenStores {
  readonly findings: readonly Finding[];
  readonly objects: number;
  /** Keys of data that is known not to be as it should. */
  readonly bad: ReadonlySet<string>;
}

/** Lists each store, and compares. */
async function checkStores(options: CheckOptions, inventory: Inventory): Promise<SeenStores> {
  const findings: Finding[] = [];
  const bad = new Set<string>();
  const away = new Set<string>();
  let objects = 0;
  for (const place of options.stores.all) {
    try {
      const listed = await listStore(options, place, inventory);
      objects += listed.count;
      findings.push(...(await judgeStrangers(options, place, listed.strangers)));
      const missing = [...inventory.named].filter(
        ([key, named]) => named.place === place && listed.sizes.get(key) !== 'as recorded',
      );
      for (const [key, named] of missing) {
        const finding = await judgeMissing(options, named, inventory);
        if (!finding) continue;
        bad.add(key);
        findings.push(finding);
      }
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      away.add(place.store.id);
      findings.push(awayFinding(place, cause));
    }
  }
  for (const [key, { place }] of inventory.named) if (away.has(place.store.id)) bad.add(key);
  return { findings, objects, bad };
}

function awayFinding({ store }: ConfiguredStore, cause: StoreError): Finding {
  const system = cause.cause instanceof Error ? ` (${cause.cause.message})` : '';
  return {
    kind: 'store-unavailable',
    subject: store.id,
    store: store.id,
    text: `it could not be looked through: ${cause.message}${system}`,
    advice: 'See that the store can be reached, and check again.',
    outcome: 'found',
  };
}

interface Listed {
  readonly count: number;
  /** Named data that is there, and is as large as its record says as far as the listing tells. */
  readonly sizes: ReadonlyMap<string, 'as recorded' | 'not known'>;
  /** What no record named when they were read. */
  readonly strangers: readonly StoredObject[];
}

async function listStore(
  { progress }: CheckOptions,
  { store }: ConfiguredStore,
  { named, possible }: Inventory,
): Promise<Listed> {
  const sizes = new Map<string, 'as recorded' | 'not known'>();
  const strangers: StoredObject[] = [];
  let count = 0;
  for await (const object of store.list()) {
    count += 1;
    if (count % 1000 === 0) progress({ step: 'stores', count, bytes: 0 });
    const key = object.kind === 'foreign' ? '' : dataKey(store.id, object.dataId);
    const known = object.kind === 'whole' ? named.get(key) : undefined;
    if (known) sizes.set(key, object.size === known.size ? 'as recorded' : 'not known');
    else if (!possible.has(key)) strangers.push(object);
  }
  return { count, sizes, strangers };
}

/** Asks the store itself for data that its listing has not, or not as large. */
async function judgeMissing(
  { db }: CheckOptions,
  named: Named,
  inventory: Inventory,
): Promise<Finding | undefined> {
  const { imageId, location, place, size } = named;
  const found = await sizeOf(named);
  if (found === (size ?? found) && found !== undefined) return undefined;
  if (!(await isStillNamed(db, named))) return undefined;
  const isOnly = othersOf(inventory, named) === 0;
  return {
    kind: found === undefined ? 'data-missing' : 'data-size',
    subject: imageId,
    store: place.store.id,
    text:
      found === undefined
        ? 'its data is not there'
        : `its data has ${found} bytes instead of ${size}`,
    advice: isOnly
      ? `Put ${location.url} back from a backup and run vitrine scrub image ${imageId}, or delete the image.`
      : `Take the copy out (DELETE /v2/stores/${place.store.id}/${imageId}) and copy the image there again.`,
    outcome: 'found',
    position: 0,
  };
}

/** Bytes; undefined when it is not there. */
async function sizeOf({ place, location }: Named): Promise<number | undefined> {
  try {
    await using reader = await place.store.open(location.url);
    return reader.size;
  } catch (cause) {
    if (cause instanceof StoreError && cause.code === 'NotFound') return undefined;
    throw cause;
  }
}

/** Other copies that the image has. */
function othersOf({ named }: Inventory, { imageId, location }: Named): number {
  let count = 0;
  for (const one of named.values()) {
    if (one.imageId === imageId && one.location.url !== location.url) count += 1;
  }
  return count;
}

/** What nobody named is nobody's only if nobody names it now either. */
async function judgeStrangers(
  options: CheckOptions,
  place: ConfiguredStore,
  strangers: readonly StoredObject[],
): Promise<readonly Finding[]> {
  if (strangers.length === 0) return [];
  const { stores, inSnapshot } = options;
  const now = await inSnapshot((db) => takeInventory(db, stores));
  const findings: Finding[] = [];
  for (const object of strangers) {
    if (object.kind === 'foreign') findings.push(foreignFinding(place, object));
    else {
      const key = dataKey(place.store.id, object.dataId);
      const isNamed = object.kind === 'whole' && now.named.has(key);
      if (!isNamed && !now.possible.has(key)) {
        findings.push(...(await judgeOrphan(options, place, object)));
      }
    }
  }
  return findings;
}

async function judgeOrphan(
  { repair, clock, minAge }: CheckOptions,
  place: ConfiguredStore,
  object: StoredObject,
): Promise<readonly Finding[]> {
  const isOld = clock().getTime() - object.changedAt.getTime() >= minAge;
  const became = isOld ? await repair?.removeOrphan(place, object) : undefined;
  return became === 'none' ? [] : [{ ...orphanFinding(place, object, isOld), ...became }];
}

function foreignFinding({ store }: ConfiguredStore, { name }: StoredObject): Finding {
  return {
    kind: 'foreign',
    subject: name,
    store: store.id,
    text: 'it lies among the data, and is none',
    advice: 'Leave it, or take it away: the service does not touch it.',
    outcome: 'note',
  };
}

function orphanFinding({ store }: ConfiguredStore, object: StoredObject, isOld: boolean): Finding {
  const size = object.size === undefined ? '' : ` of ${object.size} bytes`;
  return {
    kind: object.kind === 'whole' ? 'orphan' : 'unfinished',
    subject: object.name,
    store: store.id,
    text: object.kind === 'whole' ? `no record names this data${size}` : 'nobody is at this upload',
    advice: isOld
      ? 'Run vitrine check --repair.'
      : 'It is younger than --min-age; check again later.',
    outcome: 'found',
  };
}
