import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { dataType, patchType } from '../support/images.ts';
import { sharedService } from '../support/service.ts';
import {
  type ModelCaller,
  type ModelList,
  modelLists,
  modelProjects,
  SharingModel,
} from '../support/sharing-model.ts';

// Every change is synced to disk; in memory, the sequences take a fraction of the time.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

const runs = Number(process.env['VITRINE_MODEL_RUNS'] ?? 200);
const callers = ['admin', ...modelProjects] as const;
const service = await sharedService();

const caller = fc.constantFrom<ModelCaller>(...callers);
const visibility = fc.constantFrom('public', 'private', 'shared', 'community');
/** Which of the images made so far; a number larger than their count counts on from the first. */
const which = fc.nat(3);
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('create'), by: caller, visibility }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('upload'), by: caller, which }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('share'), by: caller, which, member: caller }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer'),
      by: caller,
      which,
      member: caller,
      status: fc.constantFrom('pending', 'accepted', 'rejected'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('withdraw'), by: caller, which, member: caller }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn'), by: caller, which, visibility }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), by: caller, which }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One sequence: the model, and the ids of all images that it made, deleted ones too. */
interface Play {
  readonly model: SharingModel;
  readonly ids: string[];
}

async function play(sequence: Play, taken: Step): Promise<void> {
  const { model, ids } = sequence;
  if (taken.do === 'create') {
    const body = { visibility: taken.visibility, disk_format: 'raw', container_format: 'bare' };
    const answer = await service.call(taken.by, 'POST', '/v2/images', body);
    assert.equal(answer.status, model.create(taken.by, taken.visibility));
    if (answer.status !== 201) return;
    ids.push(answer.json.id);
    model.images.set(answer.json.id, {
      owner: taken.by,
      visibility: taken.visibility,
      hasData: false,
      members: new Map(),
    });
    return;
  }
  const id = ids[taken.which % Math.max(1, ids.length)];
  if (id !== undefined) assert.deepEqual(...(await statuses(model, id, taken)));
}

/** What the service answers, and what the model says that it must. */
async function statuses(
  model: SharingModel,
  id: string,
  taken: Exclude<Step, { do: 'create' }>,
): Promise<[number, number]> {
  const path = `/v2/images/${id}`;
  const call = async (method: string, rest: string, body?: unknown, headers = {}) =>
    (await service.call(taken.by, method, `${path}${rest}`, body, headers)).status;
  switch (taken.do) {
    case 'upload':
      return [
        await call('PUT', '/file', Buffer.from('data'), dataType),
        model.upload(taken.by, id),
      ];
    case 'share': {
      const member = service.projects[taken.member];
      return [await call('POST', '/members', { member }), model.share(taken.by, id, taken.member)];
    }
    case 'answer': {
      const { status, member } = taken;
      const answered = await call('PUT', `/members/${service.projects[member]}`, { status });
      return [answered, model.answer(taken.by, id, member, status)];
    }
    case 'withdraw': {
      const removed = await call('DELETE', `/members/${service.projects[taken.member]}`);
      return [removed, model.withdraw(taken.by, id, taken.member)];
    }
    case 'turn': {
      const patch = [{ op: 'replace', path: '/visibility', value: taken.visibility }];
      const turned = await call('PATCH', '', patch, patchType);
      return [turned, model.setVisibility(taken.by, id, taken.visibility)];
    }
    case 'delete':
      return [await call('DELETE', ''), model.delete(taken.by, id)];
  }
}

/** Everybody's default list is as the model says, after every step. */
async function checkLists(model: SharingModel, lists: readonly ModelList[]): Promise<void> {
  for (const by of callers) {
    for (const list of lists) {
      const answer = await service.call(by, 'GET', `/v2/images?limit=1000&${modelLists[list]}`);
      const listed = answer.json.images.map((image: { readonly id: string }) => image.id);
      assert.deepEqual(listed.toSorted(), model.list(by, list).toSorted(), `${by}'s ${list} list`);
    }
  }
}

/** Everybody shows and downloads what the model lets them, and nothing else. */
async function checkReads({ model, ids }: Play): Promise<void> {
  for (const by of callers) {
    for (const id of ids) {
      const shown = await service.call(by, 'GET', `/v2/images/${id}`);
      assert.equal(shown.status, model.canShow(by, id) ? 200 : 404, `${by} shows ${id}`);
      const data = await service.call(by, 'GET', `/v2/images/${id}/file`);
      assert.equal(data.status, model.download(by, id), `${by} downloads ${id}`);
    }
  }
}

test(`who sees what agrees with a plain model over ${runs} sequences`, async () => {
  const sequences = fc.asyncProperty(
    fc.array(step, { minLength: 4, maxLength: 12 }),
    async (steps) => {
      const sequence: Play = { model: new SharingModel(), ids: [] };
      try {
        for (const taken of steps) {
          await play(sequence, taken);
          await checkLists(sequence.model, ['default']);
        }
        await checkLists(sequence.model, ['pending', 'shared', 'everything']);
        await checkReads(sequence);
      } finally {
        for (const id of sequence.ids) await service.call('admin', 'DELETE', `/v2/images/${id}`);
      }
    },
  );

  await fc.assert(sequences, { numRuns: runs });
});
