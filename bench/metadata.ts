import { join } from 'node:path';
import { type Figure, inTurn, middleOf } from './figures.ts';
import { type Beside, goalOf } from './goals.ts';
import { type Bare, startBare, takeAnswer } from './limits.ts';
import { type Load, type LoadRequest, type LoadResult, measureLoad } from './load.ts';
import type { MeasurementName, Options } from './options.ts';
import type { SeededPeer } from './peer.ts';
import { cpuTimeOf } from './process-usage.ts';
import { addsPerImage, type Seed } from './seed.ts';
import type { Endpoint, Service, Session } from './service.ts';

/** A metadata call, and the requests that a load is made of. */
interface MetadataCase {
  readonly name: MeasurementName;
  readonly title: string;
  readonly session: Session;
  readonly method: Load['method'];
  /** Whether the service must make a change durable before it answers. */
  readonly durable: boolean;
  readonly requests: readonly LoadRequest[];
  readonly repeat: boolean;
}

export interface MetadataSetting {
  readonly service: Service;
  readonly seed: Seed;
  /** Another service that is asked the same, in turn. */
  readonly peer: SeededPeer | undefined;
  readonly folder: string;
  readonly options: Options;
  readonly progress: (text: string) => void;
}

const connectionCounts = [1, 16] as const;

/** Measures each chosen metadata call at 1 and at 16 connections, in turn with its limit. */
export async function measureMetadata(setting: MetadataSetting): Promise<Figure[]> {
  const figures: Figure[] = [];
  const { service, seed, peer, options } = setting;
  const peerCases = peer && metadataCases(peer, peer.seed);
  for (const [index, item] of metadataCases(service, seed).entries()) {
    if (!options.only.has(item.name)) continue;
    figures.push(...(await measureCase(setting, item, peerCases?.[index])));
  }
  return figures;
}

async function measureCase(
  setting: MetadataSetting,
  item: MetadataCase,
  peerItem: MetadataCase | undefined,
): Promise<Figure[]> {
  const { service, peer, options } = setting;
  await using bare = await startBare(setting.folder, await bareOf(setting, item));
  const figures: Figure[] = [];
  const nextPart = partsOf(item, options.rounds);
  const nextPeerPart = peerItem && partsOf(peerItem, options.rounds);
  const measureOwn = goingOn(item, (load) => measure(service.child.pid, load));
  const measurePeer = goingOn(item, measureLoad);
  for (const connections of connectionCounts) {
    const load = {
      repeat: item.repeat,
      method: item.method,
      connections,
      seconds: options.seconds,
      warmUpSeconds: options.seconds / 5,
    };
    const ask = { ...load, url: service.url, token: item.session.token };
    const works: ((round: number) => Promise<Measured>)[] = [
      (round: number) => {
        setting.progress(`${item.title}, ${connections} connection(s), ${round + 1}`);
        return measureOwn({ ...ask, requests: nextPart() });
      },
      () => measure(bare.pid, { ...ask, url: bare.url, requests: item.requests, repeat: true }),
    ];
    if (peer && peerItem && nextPeerPart) {
      const { url } = peer;
      const { token } = peerItem.session;
      works.push(() => measurePeer({ ...load, url, token, requests: nextPeerPart() }));
    }
    const [own, limit, other] = (await inTurn(options.rounds, works)).map((results) =>
      middleOf(results, ({ perSecond }) => perSecond),
    );
    if (!own || !limit) throw new Error(`${item.title} was not measured.`);
    const goal = (beside: Beside) => ({ atLeast: goalOf(item.name, connections, beside) });
    figures.push({
      name: item.title,
      connections,
      unit: 'requests/s',
      value: own.perSecond,
      cost: own,
      limits: [
        {
          name: item.durable ? 'bare node:http + one SQLite insert' : 'bare node:http, same bytes',
          value: limit.perSecond,
          cost: limit,
          ...goal('bare'),
        },
        ...(peer && other
          ? [{ name: peer.name, value: other.perSecond, cost: other, ...goal(peer.kind) }]
          : []),
      ],
    });
  }
  return figures;
}

/**
 * Has each load go on where the one before it ended: begun anew, changes that can be repeated would find themselves made.
 * What was under way at the end counts as sent.
 */
function goingOn<T extends LoadResult>(
  { repeat, durable }: MetadataCase,
  measureOne: (load: Load) => Promise<T>,
): (load: Load) => Promise<T> {
  let sent = 0;
  return async (load) => {
    const result = await measureOne(repeat && durable ? { ...load, sent } : load);
    sent = result.sent;
    return result;
  };
}

/** Shares out what cannot be asked twice: one part for each round of each number of connections. */
function partsOf(item: MetadataCase, rounds: number): () => readonly LoadRequest[] {
  // The first has been asked, for the answer that the bare server sends.
  let rest = item.requests.slice(1);
  return () => {
    if (item.repeat) return item.requests;
    const parts = connectionCounts.length * rounds;
    const part = rest.slice(0, Math.ceil(item.requests.length / parts));
    rest = rest.slice(part.length);
    return part;
  };
}

/** Processor time in microseconds a request, where the server's process is known. */
type Measured = LoadResult & { readonly cpu?: number };

async function measure(pid: number, load: Load): Promise<Measured> {
  const before = await cpuTimeOf(pid);
  const result = await measureLoad(load);
  const seconds = (await cpuTimeOf(pid)) - before;
  return { ...result, cpu: (seconds * 1e6) / result.allAnswers };
}

async function bareOf(setting: MetadataSetting, item: MetadataCase): Promise<Bare> {
  const [first] = item.requests;
  if (!first) throw new Error(`${item.title} has no requests.`);
  const answer = await takeAnswer(setting.service.url + first.path, item.session.token, {
    method: item.method,
    body: first.body,
  });
  if (!item.durable) return { kind: 'bytes', answer };
  return { kind: 'insert', answer, database: join(setting.folder, `bare-${item.name}.sqlite`) };
}

function metadataCases(service: Endpoint, seed: Seed): MetadataCase[] {
  const { producer, consumer } = service;
  const read = { method: 'GET', durable: false, repeat: true } as const;
  const oneOf = (path: string) => [{ path }];
  return [
    {
      ...read,
      name: 'list',
      title: 'image list, 25 of 1,000 own',
      session: producer,
      requests: oneOf('/v2/images?limit=25'),
    },
    {
      ...read,
      name: 'list',
      title: 'image list, 25 of 1,000 offered',
      session: consumer,
      requests: oneOf('/v2/images?visibility=shared&member_status=all&limit=25'),
    },
    {
      ...read,
      name: 'show',
      title: 'image show',
      session: producer,
      requests: showRequests(seed),
    },
    {
      ...read,
      name: 'members',
      title: 'member list, 10 members',
      session: producer,
      requests: oneOf(`/v2/images/${seed.listed}/members`),
    },
    {
      name: 'add',
      title: 'member add',
      session: producer,
      method: 'POST',
      durable: true,
      repeat: false,
      requests: adds(seed),
    },
    {
      name: 'status',
      title: 'member status',
      session: consumer,
      method: 'PUT',
      durable: true,
      repeat: true,
      requests: statusRequests(seed, consumer),
    },
  ];
}

/** Every addition that the quota leaves room for, image after image. */
function adds(seed: Seed): LoadRequest[] {
  return seed.images
    .filter((image) => image !== seed.listed)
    .flatMap((image) =>
      Array.from({ length: addsPerImage }, (_, n) => ({
        path: `/v2/images/${image}/members`,
        body: JSON.stringify({ member: `project-${n}` }),
      })),
    );
}

/** Shows of a hundred images in turn. */
export function showRequests(seed: Seed): LoadRequest[] {
  return seed.images.slice(0, 100).map((image) => ({ path: `/v2/images/${image}` }));
}

/** The consumer accepts all its images, then rejects all, so that each request is a change. */
export function statusRequests(seed: Seed, consumer: Session): LoadRequest[] {
  return (['accepted', 'rejected'] as const).flatMap((status) =>
    seed.images.map((image) => ({
      path: `/v2/images/${image}/members/${consumer.projectId}`,
      body: JSON.stringify({ status }),
    })),
  );
}
