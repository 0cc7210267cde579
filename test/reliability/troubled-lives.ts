import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { callService, type Reply, until } from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { callFor, projectIdOf } from './clients.ts';
import { type Fault, type Faults, faultsIn } from './faults.ts';
import { type History, type Operation, requestIdOf } from './history.ts';
import { inspectImages } from './inspection.ts';

/** A service whose calls fail as they are told to, and whose clients know what they were answered. */
export interface Troubled extends AsyncDisposable {
  /** Starts anew where the process has ended. */
  readonly restarts: number;
  /**
   * Lets an image live from its creation to its deletion, among faults until one of them shows and without any from then
   * on. Says what was not as it is promised.
   */
  live(faults: readonly Fault[]): Promise<readonly string[]>;
  /** Calls that could have failed in the last life. */
  calls(): number;
}

/** The exit code of a service that does not trust its disk any more. */
const diskFailureCode = 74;

/** Larger than what is hashed where it comes in. */
const size = 300_001;

const life = (imageId: string): readonly Operation[] => [
  { kind: 'create', name: 'first name' },
  { kind: 'upload', seed: `data of ${imageId}`, size },
  { kind: 'share' },
  { kind: 'accept' },
  { kind: 'rename', name: 'second name' },
  { kind: 'tag', tag: 'tag' },
  { kind: 'withdraw' },
  { kind: 'delete' },
];

/** @param place an empty folder */
export async function troubledService(place: string): Promise<Troubled> {
  const faults = faultsIn(place);
  const folder = join(place, 'data');
  let service = await start(folder, faults);
  const producer = await service.token('producer');
  const consumer = await projectIdOf(service, 'consumer');
  await service.token('consumer');
  let [restarts, lastCalls] = [0, 0];
  let hasEnded = false;
  watch();

  function watch(): void {
    hasEnded = false;
    void service.exited.then(() => {
      hasEnded = true;
    });
  }

  /** Starts the service again when it has ended by itself, which it may for one reason only. */
  async function restart(): Promise<string[]> {
    const { code } = await service.exited;
    const said = /"level":60,.*The disk failed the database/.test(service.stderr());
    const before = service;
    const token = (user: string) => before.token(user);
    service = { ...(await start(folder, faults)), token };
    restarts += 1;
    watch();
    return code === diskFailureCode && said ? [] : [`the service ended by itself (${code})`];
  }

  async function ask(imageId: string, index: number, operation: Operation): Promise<Reply> {
    const call = callFor(operation, imageId, consumer);
    const headers = { ...call.headers, 'x-openstack-request-id': requestIdOf(imageId, index) };
    return callService(service, { ...call, headers });
  }

  /** What the trouble may do to an operation: it is refused in words for the caller, or not answered at all. */
  async function askInTrouble(
    imageId: string,
    index: number,
    operation: Operation,
  ): Promise<{ isDone: boolean; wrong: string[] }> {
    const failedBefore = faults.hasFailedSync();
    const reply = await ask(imageId, index, operation).catch(() => undefined);
    const failsNow = faults.hasFailedSync() && !failedBefore;
    if (reply && reply.status < 300) {
      // What is removed after the answer is tried again; of what is saved before it nothing may fail.
      if (!failsNow || operation.kind === 'delete' || (await endsSoon())) {
        return { isDone: true, wrong: [] };
      }
      return { isDone: true, wrong: [`${operation.kind} succeeded though a sync failed`] };
    }
    const isWell =
      !reply ||
      reply.status === 413 ||
      (reply.status === 503 && reply.headers['retry-after'] !== undefined);
    const text = `${operation.kind} was answered with ${reply?.status}: ${String(reply?.body)}`;
    return { isDone: false, wrong: isWell ? [] : [text] };
  }

  function inspect(history: History, acknowledged: ReadonlyMap<string, number>) {
    return inspectImages(folder, { history, acknowledged }, { url: service.url, token: producer });
  }

  /**
   * Inspects what faults have left. What the service does by itself after the last answer may have met one of them: it
   * refuses reads from then on, until it has ended.
   */
  async function inspectAtLast(history: History, acknowledged: ReadonlyMap<string, number>) {
    try {
      return await inspect(history, acknowledged);
    } catch (cause) {
      if (!(await endsSoon())) throw cause;
      return [...(await restart()), ...(await inspect(history, acknowledged))];
    }
  }

  async function endsSoon(): Promise<boolean> {
    for (let wait = 0; wait < 20 && !hasEnded; wait += 1) await setTimeout(50);
    return hasEnded;
  }

  /** Goes on with a life, now that nothing fails; what was not acknowledged may be done by now. */
  async function finish(imageId: string, from: number, operations: readonly Operation[]) {
    for (const [index, operation] of operations.entries()) {
      if (index < from) continue;
      const isRetried = index === from;
      await until(`${operation.kind} succeeds`, async () => {
        const { status } = await ask(imageId, index, operation);
        if (status < 300) return true;
        // 404 for what is gone, 409 for what is there; 410 and 503 pass.
        if (isRetried && [404, 409].includes(status)) return await isDone(imageId, operation);
        return false;
      });
    }
  }

  async function isDone(imageId: string, { kind }: Operation): Promise<boolean> {
    const { status, body } = await callService(service, { path: `/v2/images/${imageId}` });
    if (kind === 'delete') return status === 404;
    return status === 200 && (kind !== 'upload' || JSON.parse(String(body)).status === 'active');
  }

  return {
    get restarts() {
      return restarts;
    },

    async live(plan) {
      const imageId = randomUUID();
      const operations = life(imageId);
      const history: History = new Map([[imageId, [...operations]]]);
      const wrong: string[] = [];
      let done = 0;
      faults.plan(plan);
      for (; done < operations.length; done += 1) {
        const operation = operations[done];
        assert(operation);
        const answer = await askInTrouble(imageId, done, operation);
        wrong.push(...answer.wrong);
        if (!answer.isDone) break;
      }
      // Whoever is told that the database failed is told a moment before the process ends.
      if (done < operations.length && plan.length > 0) await setTimeout(0);
      lastCalls = faults.count();
      const endsBy = /"level":60,/.test(service.stderr());
      faults.plan([]);
      if (hasEnded || endsBy) wrong.push(...(await restart()));
      wrong.push(...(await inspectAtLast(history, new Map([[imageId, done]]))));
      await finish(imageId, done, operations);
      const all = new Map([[imageId, operations.length]]);
      wrong.push(...(await inspect(history, all)));
      return wrong;
    },

    calls: () => lastCalls,

    async [Symbol.asyncDispose]() {
      await service.stop();
      faults[Symbol.dispose]();
    },
  };
}

function start(folder: string, faults: Faults): Promise<RunningService> {
  // What is brought into the file amid a life may fail too.
  const small = { VITRINE_DATABASE_LOG_SIZE: String(64 * 1024), VITRINE_MIN_FREE_BYTES: '0' };
  const environment = { ...small, ...faults.environment };
  return runService({ folder, environment, logsErrors: true });
}
