import assert from 'node:assert/strict';
import { dataType } from '../images.ts';
import type { Answer, TestService } from '../service.ts';

/** What was acknowledged of an image, to be found again unless it was deleted. */
interface Known {
  readonly id: string;
  readonly tags: Set<string>;
  /** For each project: how often it was added, less how often it was removed. */
  readonly members: Map<string, number>;
  isDeleted: boolean;
}

export interface MixedOptions {
  /** Processes of one service; each operation goes to any of them. */
  readonly services: readonly TestService[];
  readonly operations: number;
}

/** What the producer's project may have, so little that the limits are always near. */
export const limits = { image_count_total: 24, image_size_total: 1, image_member_quota: 4 };

/** Bytes: eight such images fill the project's storage. */
const dataSize = 128 * 1024;

const partners = Array.from({ length: 6 }, (_, n) => `partner-${n}`);

/** Requests under way at a time. */
const lanes = 16;

/** An operation, the answers that it may have, and what each says of the image. */
interface Operation {
  readonly allowed: readonly number[];
  run(): Promise<Answer>;
  done?(answer: Answer): void;
}

/**
 * Does operations of every kind at the same time, on few images of one project, by several processes.
 *
 * @returns how often each answer came
 * @throws AssertionError for an answer that none of the operations may have
 */
export async function mixOperations({ services, operations }: MixedOptions) {
  const [first] = services;
  assert(first);
  const path = `/vitrine/v1/projects/${first.projects.producer}/quotas`;
  const set = await first.call('admin', 'PUT', path, { quotas: limits });
  assert.equal(set.status, 200, set.text);
  const all: Known[] = [];
  const answers = new Map<string, number>();
  let begun = 0;

  async function lane(): Promise<void> {
    while (begun < operations) {
      begun += 1;
      const living = all.filter(({ isDeleted }) => !isDeleted);
      const name = pick(living.length < 8 ? ['create'] : kinds);
      const image = pick(living);
      const operation = operationOf(name, { service: pick(services), image, number: begun, all });
      const answer = await operation.run();
      assert(operation.allowed.includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
      operation.done?.(answer);
      const key = `${name} ${answer.status}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
    }
  }

  await Promise.all(Array.from({ length: lanes }, lane));
  return { answers, images: all };
}

const kinds = [
  ...['create', 'create', 'add', 'add', 'add', 'remove', 'remove', 'answer', 'answer'],
  ...['tag', 'tag', 'upload', 'upload', 'upload', 'quota', 'delete'],
];

interface Chosen {
  readonly service: TestService;
  readonly image: Known;
  readonly number: number;
  readonly all: Known[];
}

function operationOf(kind: string, chosen: Chosen): Operation {
  const { service, image, number, all } = chosen;
  if (kind === 'create') return create(service, all);
  const path = `/v2/images/${image.id}`;
  // The consumer alone answers, so it is added more often.
  const { consumer } = service.projects;
  const partner = pick([...partners, consumer, consumer, consumer]);
  const count = (change: number) => (answer: Answer) => {
    if (answer.status >= 300) return;
    image.members.set(partner, (image.members.get(partner) ?? 0) + change);
  };
  const operations: Readonly<Record<string, Operation>> = {
    add: {
      allowed: [200, 404, 409, 413],
      run: () => service.call('producer', 'POST', `${path}/members`, { member: partner }),
      done: count(1),
    },
    remove: {
      allowed: [204, 404],
      run: () => service.call('producer', 'DELETE', `${path}/members/${partner}`),
      done: count(-1),
    },
    answer: {
      allowed: [200, 404],
      run: () =>
        service.call('consumer', 'PUT', `${path}/members/${service.projects.consumer}`, {
          status: pick(['accepted', 'rejected', 'pending']),
        }),
    },
    tag: {
      allowed: [204, 404, 413],
      run: () => service.call('producer', 'PUT', `${path}/tags/tag-${number}`),
      done: ({ status }) => void (status === 204 && image.tags.add(`tag-${number}`)),
    },
    upload: {
      allowed: [204, 404, 409, 410, 413],
      run: () =>
        service.call('producer', 'PUT', `${path}/file`, Buffer.alloc(dataSize, number), dataType),
    },
    quota: {
      allowed: [200],
      run: () => service.call('admin', 'GET', quotasPath(service)),
      done: checkUsage,
    },
    delete: {
      allowed: [204, 404],
      run: () => service.call('producer', 'DELETE', path),
      done: ({ status }) => {
        if (status === 204) image.isDeleted = true;
      },
    },
  };
  return operations[kind] ?? assert.fail(kind);
}

function create(service: TestService, all: Known[]): Operation {
  return {
    allowed: [201, 413],
    run: () =>
      service.call('producer', 'POST', '/v2/images', {
        disk_format: 'raw',
        container_format: 'bare',
        visibility: 'shared',
      }),
    done(answer) {
      if (answer.status !== 201) return;
      all.push({ id: answer.json.id, tags: new Set(), members: new Map(), isDeleted: false });
    },
  };
}

function quotasPath(service: TestService): string {
  return `/vitrine/v1/projects/${service.projects.producer}/quotas`;
}

function checkUsage({ json }: Answer): void {
  const { image_count_total: images, image_size_total: size } = json.quotas;
  assert(images.usage <= limits.image_count_total, `${images.usage} images`);
  assert(size.usage <= limits.image_size_total, `${size.usage} MiB`);
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)] as T;
}

/** Looks by one of the processes whether everything is there that was acknowledged. */
export async function checkKept(service: TestService, images: readonly Known[]): Promise<void> {
  for (const image of images) {
    const path = `/v2/images/${image.id}`;
    const { status, json } = await service.call('producer', 'GET', path);
    assert.equal(status, image.isDeleted ? 404 : 200, image.id);
    if (image.isDeleted) continue;
    assert(['queued', 'active'].includes(json.status), json.status);
    assert.deepEqual(new Set(json.tags), image.tags, 'a tag was lost');
    const members = (await service.call('producer', 'GET', `${path}/members`)).json.members.map(
      (member: { member_id: string }) => member.member_id,
    );
    const expected = [...image.members].filter(([, count]) => count > 0).map(([id]) => id);
    for (const count of image.members.values()) assert([0, 1].includes(count), `${count} times`);
    assert.deepEqual(members.toSorted(), expected.toSorted());
    assert(members.length <= limits.image_member_quota);
    const data = await service.call('producer', 'GET', `${path}/file`);
    assert.equal(data.bytes.length, json.status === 'active' ? dataSize : 0);
    assert.equal(new Set(data.bytes).size, json.status === 'active' ? 1 : 0, 'data is mixed');
  }
}
