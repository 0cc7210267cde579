import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsImage, isOver, mayTurn, type Task, type TaskStatus, taskStatuses } from './task.ts';

const ways = [
  ['pending', 'processing'],
  ['pending', 'failure'],
  ['processing', 'success'],
  ['processing', 'failure'],
] as const;

for (const from of taskStatuses) {
  for (const to of taskStatuses) {
    const may = ways.some(([one, other]) => one === from && other === to);
    test(`a task that is ${from} ${may ? 'may' : 'may not'} become ${to}`, () => {
      assert.equal(mayTurn(from, to), may);
    });
  }
}

test('success and failure are the end', () => {
  assert.deepEqual(taskStatuses.filter(isOver), ['success', 'failure']);
});

function taskOf(status: TaskStatus): Task {
  return {
    id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    type: 'api_image_import',
    status,
    owner: 'project',
    userId: 'user',
    requestId: 'req-1',
    imageId: null,
    input: {},
    result: null,
    message: '',
    createdAt: new Date(0),
    updatedAt: new Date(0),
    expiresAt: null,
  };
}

for (const [status, minutes, holds] of [
  ['pending', 119, true],
  ['pending', 120, false],
  ['processing', 59, true],
  ['processing', 60, false],
  ['success', 0, false],
  ['failure', 0, false],
] as const) {
  test(`a task that is ${status} for ${minutes} minutes ${holds ? 'holds' : 'lets go of'} its image`, () => {
    assert.equal(holdsImage(taskOf(status), new Date(minutes * 60_000)), holds);
  });
}
