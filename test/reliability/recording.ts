import { join } from 'node:path';
import { type RunningService, runService } from '../support/running-service.ts';
import type { Environment } from '../support/service-process.ts';
import { type ClientsOptions, projectIdOf, useImages } from './clients.ts';
import { acknowledgementIn, type History } from './history.ts';
import { randomFrom } from './remains.ts';
import { readTrace, type TraceEvent, tracer } from './trace.ts';

/** What a service did on a disk, from an empty folder on, and what its clients know. */
export interface Recording {
  /** The folder that was there before; the service made `data` in it. It need not be there any more. */
  readonly place: string;
  /** One for each process that ran, in order. */
  readonly processes: readonly (readonly TraceEvent[])[];
  readonly history: History;
  /** A token that the first process gave out. */
  readonly producer: string;
}

export interface Scenario {
  readonly seed: number;
  readonly environment?: Environment;
  /** Images of each of three clients before and after the crash. */
  readonly images: readonly [number, number];
  /** Bytes of data. */
  readonly sizes: readonly number[];
}

const clients = 3;

/**
 * Has clients use a service whose system calls are written down; it is killed in between, started again, and
 * asked to stop at the end.
 *
 * @param place an empty folder
 */
export async function record(place: string, scenario: Scenario): Promise<Recording> {
  const folder = join(place, 'data');
  const history: History = new Map();
  const processes: TraceEvent[][] = [];
  let producer = '';
  for (const [run, images] of scenario.images.entries()) {
    const trace = join(place, `trace-${run}`);
    const service = await start(folder, trace, scenario.environment);
    producer ||= await service.token('producer');
    await use(service, history, { ...scenario, run, images });
    if (run === 0) await crashAmidUse(service, history, scenario);
    else await service.stop();
    await service.exited;
    processes.push(await Array.fromAsync(ofInterest(trace, place)));
  }
  return { place, processes, history, producer };
}

function start(folder: string, trace: string, environment?: Environment): Promise<RunningService> {
  const plain = {
    NODE_DISABLE_COMPILE_CACHE: '1',
    UV_USE_IO_URING: '0',
    VITRINE_MIN_FREE_BYTES: '0',
    // So that some of them are seen.
    VITRINE_DATABASE_LOG_SIZE: String(64 * 1024),
  };
  const options = { folder, environment: { ...plain, ...environment }, under: tracer(trace) };
  return runService({ ...options, logsErrors: true });
}

interface Use extends Pick<Scenario, 'seed' | 'sizes'> {
  readonly run: number;
  readonly images: number;
}

async function use(service: RunningService, history: History, use: Use): Promise<void> {
  const consumer = await projectIdOf(service, 'consumer');
  const lanes = Array.from({ length: clients }, (_, lane) => {
    const random = randomFrom(use.seed * 1000 + use.run * 10 + lane);
    const options: ClientsOptions = { service, history, consumer, random, sizes: use.sizes };
    return useImages(options, use.images);
  });
  await Promise.all(lanes);
}

/** Kills the service while all clients are at work. */
async function crashAmidUse(
  service: RunningService,
  history: History,
  scenario: Scenario,
): Promise<void> {
  const asked = countOf(history) + clients * 4;
  const cut = use(service, history, { ...scenario, run: 5, images: 100 }).catch(() => undefined);
  while (countOf(history) < asked) await new Promise((resolve) => setImmediate(resolve));
  await service.crash();
  await cut;
}

function countOf(history: History): number {
  return [...history.values()].reduce((sum, operations) => sum + operations.length, 0);
}

/** What concerns the folder or tells somebody something; loading the program is most of a trace. */
async function* ofInterest(trace: string, place: string): AsyncGenerator<TraceEvent> {
  const descriptors = new Set<number>();
  for await (const event of readTrace(trace)) {
    const { call, phase } = event;
    const [text] = call.texts;
    const isOpen = call.name.startsWith('open');
    const isOurs =
      call.files.some(({ fd }) => descriptors.has(fd)) ||
      (!call.name.includes('write') && String(text).startsWith(place));
    if (isOpen && phase === 'end' && call.result !== undefined) {
      if (isOurs) descriptors.add(call.result);
      else descriptors.delete(call.result);
    }
    if (isOurs || tells(call.texts)) yield event;
  }
}

const readyLine = Buffer.from('vitrine ready on ');

function tells(texts: readonly Buffer[]): boolean {
  const [text] = texts;
  if (!text) return false;
  return text.subarray(0, readyLine.length).equals(readyLine) || acknowledged(texts) !== undefined;
}

/** The operation that the service says is done, in what it sends. */
export function acknowledged(texts: readonly Buffer[]) {
  const [text] = texts;
  return text && acknowledgementIn(text.subarray(0, 2000).toString('latin1'));
}

/** Whether the service says that it can be used. */
export function saysReady({ call }: TraceEvent): boolean {
  return call.texts[0]?.subarray(0, readyLine.length).equals(readyLine) ?? false;
}
