import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
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

const runs = Number(process.env['VITRINE_MODEL_RUNS'] ?? 100);
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
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('share briefly'), by: caller, which, member: caller }),
  },
);

/** What projects do with their group, their family and their rules; the group and the family are called `all`. */
const projectStep = fc.record({
  do: fc.constantFrom('trust', 'join', 'leave', 'follow', 'unfollow'),
  by: caller,
  member: caller,
});
const partStep = fc.record({
  do: fc.constantFrom('include', 'exclude', 'promote'),
  by: caller,
  which,
});
const anyStep = fc.oneof(
  { weight: 4, arbitrary: step },
  { weight: 1, arbitrary: projectStep },
  { weight: 1, arbitrary: partStep },
);

type ProjectStep = typeof projectStep extends fc.Arbitrary<infer T> ? T : never;
type PartStep = typeof partStep extends fc.Arbitrary<infer T> ? T : never;

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One sequence: the model, and the ids of all images that it made, deleted ones too. */
interface Play {
  readonly model: SharingModel;
  readonly ids: string[];
  /** The rules that it made, with who did. */
  readonly rules: [by: ModelCaller, id: string][];
}

function isProjectStep(taken: Step | ProjectStep | PartStep): taken is ProjectStep {
  return ['trust', 'join', 'leave', 'follow', 'unfollow'].includes(taken.do);
}

function isPartStep(taken: Step | ProjectStep | PartStep): taken is PartStep {
  return ['include', 'exclude', 'promote'].includes(taken.do);
}

async function play(sequence: Play, taken: Step | ProjectStep | PartStep): Promise<void> {
  const { model, ids } = sequence;
  if (isProjectStep(taken)) {
    assert.deepEqual(...(await projectStatuses(sequence, taken)));
    return;
  }
  if (isPartStep(taken)) {
    const part = ids[taken.which % Math.max(1, ids.length)];
    if (part !== undefined) assert.deepEqual(...(await partStatuses(model, part, taken)));
    return;
  }
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
      sources: new Map(),
    });
    return;
  }
  const id = ids[taken.which % Math.max(1, ids.length)];
  if (id !== undefined) assert.deepEqual(...(await statuses(model, id, taken)));
}

/** What the service answers a project, and what the model says that it must. */
async function projectStatuses(
  { model, rules }: Play,
  { do: what, by, member }: ProjectStep,
): Promise<[number, number]> {
  const id = service.projects[member];
  const call = (method: string, path: string, body?: unknown) =>
    service.call(by, method, `/vitrine/v1${path}`, body);
  if (what === 'trust') {
    const answer = await call('POST', '/accept-rules', { producer: id });
    rules.push([by, answer.json.id]);
    return [answer.status, model.trust(by, member)];
  }
  if (what === 'join') {
    await call('PUT', '/groups/all', {});
    return [(await call('PUT', `/groups/all/members/${id}`)).status, model.join(by, member)];
  }
  if (what === 'leave') {
    return [(await call('DELETE', `/groups/all/members/${id}`)).status, model.leave(by, member)];
  }
  const path = `/families/${service.projects[by]}/all/members/${id}`;
  return what === 'follow'
    ? [(await call('PUT', path, {})).status, model.follow(by, member)]
    : [(await call('DELETE', path)).status, model.unfollow(by, member)];
}

/** The same of what a project does with an image in its group or its family. */
async function partStatuses(
  model: SharingModel,
  id: string,
  { do: what, by }: PartStep,
): Promise<[number, number]> {
  const call = async (method: string, path: string, body?: unknown) =>
    (await service.call(by, method, `/vitrine/v1${path}`, body)).status;
  if (what === 'promote') {
    const path = `/families/${service.projects[by]}/all/promotion`;
    return [await call('POST', path, { image_id: id }), model.promote(by, id)];
  }
  if (what === 'include') {
    await call('PUT', '/groups/all', {});
    return [await call('PUT', `/groups/all/images/${id}`), model.include(by, id)];
  }
  return [await call('DELETE', `/groups/all/images/${id}`), model.exclude(by, id)];
}

/** Leaves nothing of a sequence to the next one. */
async function clean({ ids, rules, model }: Play): Promise<void> {
  for (const id of ids) await service.call('admin', 'DELETE', `/v2/images/${id}`);
  const remove = (by: ModelCaller, path: string) =>
    service.call(by, 'DELETE', `/vitrine/v1${path}`);
  for (const [by, id] of rules) await remove(by, `/accept-rules/${id}`);
  for (const by of model.groups.keys()) await remove(by, '/groups/all');
  for (const by of model.families.keys()) await remove(by, `/families/${service.projects[by]}/all`);
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
    case 'share briefly': {
      const { by, member } = taken;
      const shares = `/vitrine/v1/shares/${id}/${service.projects[member]}`;
      const end = Date.now() + 100;
      const terms = { expires_at: new Date(end).toISOString() };
      const { status } = await service.call(by, 'PUT', shares, terms);
      if (status === 200) await pause(end + 1 - Date.now());
      return [status, model.shareBriefly(by, id, member)];
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
    fc.array(anyStep, { minLength: 4, maxLength: 12 }),
    async (steps) => {
      const sequence: Play = { model: new SharingModel(), ids: [], rules: [] };
      try {
        for (const taken of steps) {
          await play(sequence, taken);
          await checkLists(sequence.model, ['default']);
        }
        await checkLists(sequence.model, ['pending', 'shared', 'everything']);
        await checkReads(sequence);
      } finally {
        await clean(sequence);
      }
    },
  );

  await fc.assert(sequences, { numRuns: runs });
});
