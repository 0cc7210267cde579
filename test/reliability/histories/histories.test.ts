import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Callers, makeCallers } from '../../support/callers.ts';
import { passwordOf, type RunningService, runService } from '../../support/running-service.ts';
import { type Answer, sender } from '../../support/service.ts';
import { countOf, emptyPlace } from '../place.ts';
import { type Random, randomFrom } from '../remains.ts';
import { findNoOrder, type Model, type Operation } from './linearizability.ts';
import { imageCount, member, status, upload } from './models.ts';

const histories = countOf('VITRINE_HISTORIES', 50);
const operations = countOf('VITRINE_HISTORY_OPERATIONS', 2000);

const clients = 16;

const parts = new AsyncDisposableStack();
after(() => parts.disposeAsync());

const place = parts.use(await emptyPlace());
const service: RunningService = parts.use(
  await runService({
    folder: join(place.path, 'data'),
    environment: { VITRINE_LOG_LEVEL: 'error', VITRINE_MIN_FREE_BYTES: '0', VITRINE_AUDIT: 'none' },
  }),
);
const agent = new Agent({ keepAlive: true, maxSockets: clients });
parts.defer(() => agent.destroy());
const send = sender(service.url, agent);
const { projects, tokens }: Callers = await makeCallers(
  send,
  await passwordOf(service.folder, 'admin'),
);

type Who = 'producer' | 'consumer' | 'other' | 'stranger' | 'admin';

/** Asks the service; `reply` is what a model compares. */
type Ask = () => Promise<string>;

/** One thing that operations are asked of, and what was. */
interface Thing {
  readonly model: Model;
  readonly operations: Operation[];
}

/** Something to ask, of one of several things. */
interface Question {
  readonly thing: Thing;
  readonly what: string;
  readonly ask: Ask;
}

/** What a history is made of. */
interface Questions {
  readonly things: readonly Thing[];
  readonly next: () => Question;
  /** Puts away what the next history must not find. */
  readonly end?: () => Promise<void>;
}

const thing = (model: Model): Thing => ({ model, operations: [] });

/** Asks until the service has time for it: for whom it refuses for too much to do, it has done nothing. */
async function call(who: Who, method: string, path: string, body?: unknown): Promise<Answer> {
  const type =
    body instanceof Uint8Array ? { 'content-type': 'application/octet-stream' } : undefined;
  for (;;) {
    const answer = await send(method, path, body, { 'x-auth-token': tokens[who], ...type });
    if (answer.status !== 503) return answer;
    await pause(100);
  }
}

/** The status alone. */
const plainly =
  (...asked: Parameters<typeof call>): Ask =>
  async () =>
    String((await call(...asked)).status);

/** The status, and if all is well what the document says of the image's or the member's. */
const withStatus =
  (...asked: Parameters<typeof call>): Ask =>
  async () => {
    const { status: code, json } = await call(...asked);
    return code === 200 ? `200 ${json.status}` : String(code);
  };

async function newImage(who: Who = 'producer'): Promise<string> {
  const image = { disk_format: 'raw', container_format: 'bare' };
  const { status: code, json, text } = await call(who, 'POST', '/v2/images', image);
  assert.equal(code, 201, text);
  return json.id;
}

function pick<T>(random: Random, some: readonly T[]): T {
  return some[Math.floor(random() * some.length)] ?? assert.fail('there is none');
}

async function note({ thing: { operations: noted }, what, ask }: Question): Promise<void> {
  const begin = performance.now();
  const reply = await ask();
  const end = performance.now();
  const operation: Operation = { what, reply, begin, end };
  noted.push(operation);
  // It takes effect twice: when the image is reserved for it, and when the data is there.
  if (what === 'upload' && (reply === '204' || reply === '410')) {
    noted.push({ what: 'uploaded', reply, begin, end, after: operation });
  }
}

/** Three projects as members of eight images. */
async function membersOf(random: Random): Promise<Questions> {
  const images = await Promise.all(Array.from({ length: 8 }, () => newImage()));
  const consumers = ['consumer', 'other', 'stranger'] as const;
  const pairs = images.flatMap((id) =>
    consumers.map((consumer) => ({ id, consumer, thing: thing(member) })),
  );
  const next = (): Question => {
    const { id, consumer, thing: asked } = pick(random, pairs);
    const list = `/v2/images/${id}/members`;
    const own = `${list}/${projects[consumer]}`;
    const answer = pick(random, ['accepted', 'rejected', 'pending']);
    const asks: Readonly<Record<string, Ask>> = {
      add: plainly('producer', 'POST', list, { member: projects[consumer] }),
      [`answer ${answer}`]: plainly(consumer, 'PUT', own, { status: answer }),
      remove: plainly('producer', 'DELETE', own),
      show: withStatus('producer', 'GET', own),
      see: plainly(consumer, 'GET', `/v2/images/${id}`),
    };
    const what = pick(random, Object.keys(asks));
    return { thing: asked, what, ask: asks[what] as Ask };
  };
  return { things: pairs.map((pair) => pair.thing), next };
}

/** Images that are switched off and on, read, and now and then deleted. */
async function statusesOf(random: Random): Promise<Questions> {
  const things: Thing[] = [];
  const images = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const id = await newImage();
      const data = await call('producer', 'PUT', `/v2/images/${id}/file`, new Uint8Array(10));
      assert.equal(data.status, 204, data.text);
      things.push(thing(status));
      return { id, thing: things.at(-1) as Thing };
    }),
  );
  const next = (): Question => {
    const { id, thing: asked } = pick(random, images);
    const path = `/v2/images/${id}`;
    const asks: Readonly<Record<string, Ask>> = {
      deactivate: plainly('admin', 'POST', `${path}/actions/deactivate`),
      reactivate: plainly('admin', 'POST', `${path}/actions/reactivate`),
      show: withStatus('producer', 'GET', path),
      read: plainly('producer', 'GET', `${path}/file`),
    };
    const what = random() < 0.005 ? 'delete' : pick(random, Object.keys(asks));
    return { thing: asked, what, ask: asks[what] ?? plainly('producer', 'DELETE', path) };
  };
  return { things, next };
}

/** Images to which several upload at a time, until somebody deletes them. */
async function uploadsOf(random: Random): Promise<Questions> {
  const things: Thing[] = [];
  const place = async () => {
    const made = thing(upload);
    things.push(made);
    return { id: await newImage(), thing: made, left: 25 };
  };
  const places = await Promise.all(Array.from({ length: 3 }, place));
  const spare = await Promise.all(Array.from({ length: Math.ceil(operations / 20) }, place));
  const next = (): Question => {
    const slot = Math.floor(random() * places.length);
    const current = places[slot] ?? assert.fail('there is none');
    current.left -= 1;
    if (current.left === 0) places[slot] = spare.pop() ?? current;
    const path = `/v2/images/${current.id}`;
    const data = new Uint8Array(random() < 0.5 ? 10 : 300_000);
    const asks: Readonly<Record<string, Ask>> = {
      upload: plainly('producer', 'PUT', `${path}/file`, data),
      show: withStatus('producer', 'GET', path),
      read: plainly('producer', 'GET', `${path}/file`),
    };
    const what = random() < 0.1 ? 'delete' : pick(random, Object.keys(asks));
    return { thing: current.thing, what, ask: asks[what] ?? plainly('producer', 'DELETE', path) };
  };
  return { things, next };
}

const mostImages = 6;

/** A project that makes and deletes more images at a time than it may have. */
async function countsOf(random: Random): Promise<Questions> {
  const limit = await call('admin', 'PUT', `/vitrine/v1/projects/${projects.other}/quotas`, {
    quotas: { image_count_total: mostImages },
  });
  assert.equal(limit.status, 200, limit.text);
  const counted = thing(imageCount(mostImages));
  const own: string[] = [];
  const create: Ask = async () => {
    const { status: code, json } = await call('other', 'POST', '/v2/images', {});
    if (code === 201) own.push(json.id);
    return String(code);
  };
  const count: Ask = async () => {
    const { json } = await call('other', 'GET', '/v2/info/usage');
    return String(json.usage.image_count_total.usage);
  };
  const next = (): Question => {
    if (random() < 0.2) return { thing: counted, what: 'count', ask: count };
    const id = random() < 0.5 ? own.shift() : undefined;
    if (id === undefined) return { thing: counted, what: 'create', ask: create };
    return { thing: counted, what: 'delete', ask: plainly('other', 'DELETE', `/v2/images/${id}`) };
  };
  const end = async () => {
    for (const id of own) await call('other', 'DELETE', `/v2/images/${id}`);
  };
  return { things: [counted], next, end };
}

const kinds = { members: membersOf, statuses: statusesOf, uploads: uploadsOf, counts: countsOf };

for (const [index, [kind, historyOf]] of Object.entries(kinds).entries()) {
  const rounds = Math.floor((histories + index) / Object.keys(kinds).length);

  test(`${rounds} histories of ${kind} by ${clients} clients at a time have an order`, async (t) => {
    let asked = 0;
    for (let round = 0; round < rounds; round += 1) {
      const random = randomFrom(countOf('VITRINE_SEED', 1) * 1000 + round);
      const history = await historyOf(random);
      let left = operations;
      const work = async () => {
        while (left > 0) {
          left -= 1;
          await note(history.next());
        }
      };
      await Promise.all(Array.from({ length: clients }, work));
      for (const { model, operations: noted } of history.things) {
        asked += noted.length;
        assert.equal(findNoOrder(noted, model), undefined);
      }
      await history.end?.();
    }
    t.diagnostic(`${rounds} histories, ${asked} operations, all in an order that is allowed`);
  });
}
