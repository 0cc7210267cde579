import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Disk, type DiskOptions } from './disk.ts';
import type { Inspectors } from './inspectors.ts';
import { acknowledged, type Recording, saysReady } from './recording.ts';
import { lucks, type Random, randomFrom, remainsOf } from './remains.ts';
import type { TraceEvent } from './trace.ts';

export interface CutsOptions extends Pick<DiskOptions, 'ignoresSync'> {
  readonly recording: Recording;
  /** Different remains to look at; fewer when the recording has no more of them. */
  readonly states: number;
  readonly seed: number;
  /** Where folders are made. */
  readonly place: string;
  readonly inspectors: Inspectors;
  /** Ends the search at the first thing found wrong. */
  readonly stopsAtFirst?: boolean;
}

export interface CutsResult {
  /** Different remains that a service was started on. */
  readonly states: number;
  /** Operations acknowledged in the recording. */
  readonly operations: number;
  readonly wrong: readonly string[];
}

/** Cuts the power at moments of a recording, and has what is left of the disk inspected. */
export async function cutPower(options: CutsOptions): Promise<CutsResult> {
  const search = { seen: new Set<string>(), wrong: [] as string[], operations: 0 };
  for (let pass = 0; pass < maxPasses && search.seen.size < options.states; pass += 1) {
    const random = randomFrom(options.seed + pass);
    await onePass(options, search, { pass, random });
    if (options.stopsAtFirst && search.wrong.length > 0) break;
  }
  await options.inspectors.settled();
  return { states: search.seen.size, operations: search.operations, wrong: search.wrong };
}

const maxPasses = 10_000;

interface Search {
  readonly seen: Set<string>;
  readonly wrong: string[];
  operations: number;
}

/** Goes through the recording once, with a kind of luck of its own at each moment. */
async function onePass(
  options: CutsOptions,
  search: Search,
  { pass, random }: { readonly pass: number; readonly random: Random },
): Promise<void> {
  const { recording, ignoresSync, place, inspectors } = options;
  const disk = new Disk({ root: recording.place, ignoresSync });
  const known = new Map<string, number>();
  let [isReady, moment] = [false, 0];

  /** Enough moments are skipped in a pass that all of the recording has its share of the states. */
  async function cutHere(): Promise<void> {
    moment += 1;
    if (search.seen.size >= options.states) return;
    const luck = lucks[(moment + pass) % lucks.length] ?? 'some';
    if (random() >= Math.min(1, options.states / 3 / momentsOf(recording))) return;
    const remains = remainsOf(disk, luck, random);
    const key = `${remains.key} ${[...known.values()].reduce((sum, count) => sum + count, 0)}`;
    if (search.seen.has(key)) return;
    search.seen.add(key);
    const folder = join(place, `state-${search.seen.size}`);
    mkdirSync(folder);
    remains.writeTo(folder);
    const producer = isReady ? recording.producer : undefined;
    await inspectors.inspect(folder, { acknowledged: known, producer }, (wrong) => {
      const where = `power cut ${moment} of pass ${pass} (${luck}, seed ${options.seed})`;
      search.wrong.push(...wrong.map((text) => `${where}: ${text}`));
    });
  }

  for (const events of recording.processes) {
    disk.forgetProcess();
    for (const event of events) {
      if (options.stopsAtFirst && search.wrong.length > 0) return;
      const told = note(event);
      if (disk.take(event) || told) await cutHere();
    }
  }
  search.operations = [...known.values()].reduce((sum, count) => sum + count, 0);

  function note(event: TraceEvent): boolean {
    if (event.phase === 'end') return false;
    if (saysReady(event)) isReady = true;
    const done = acknowledged(event.call.texts);
    if (done) known.set(done.imageId, done.index + 1);
    return done !== undefined;
  }
}

/** About as many moments as there are to cut the power at. */
function momentsOf({ processes }: Recording): number {
  return processes.reduce((sum, events) => sum + events.length, 0);
}
