import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusAfter } from './activation.ts';
import type { Caller } from './caller.ts';
import { DomainError } from './errors.ts';
import { newImage } from './image.ts';
import { defaultPolicy } from './policy.ts';
import { imageStatuses } from './status.ts';

const roles = new Set(['member', 'reader']);
const owner: Caller = {
  userId: 'user',
  scope: 'project',
  projectId: 'owner',
  projectDomainId: 'default',
  roles,
};
const draft = newImage(
  { properties: new Map() },
  { id: 'image', owner: 'owner', now: new Date(0) },
);
const refusal = (error: unknown) => error instanceof DomainError && error.code === 'NotPermitted';

for (const [activation, allowed, result] of [
  ['deactivate', ['active', 'deactivated'], 'deactivated'],
  ['reactivate', ['active', 'deactivated'], 'active'],
] as const) {
  test(`${activation} makes an image with data ${result}, and refuses any other`, () => {
    for (const status of imageStatuses) {
      const image = { ...draft, status };
      const act = () => statusAfter(image, activation, owner, defaultPolicy);

      if (allowed.some((one) => one === status)) assert.equal(act(), result);
      else assert.throws(act, refusal, status);
    }
  });

  test(`${activation} is for the owner's members and admins alone`, () => {
    const image = { ...draft, status: 'active' } as const;
    const reader: Caller = { ...owner, roles: new Set(['reader']) };
    const consumer: Caller = { ...owner, projectId: 'consumer' };
    const admin: Caller = { ...consumer, roles: new Set(['admin']) };

    assert.throws(() => statusAfter(image, activation, reader, defaultPolicy), refusal);
    assert.throws(() => statusAfter(image, activation, consumer, defaultPolicy), refusal);
    assert.equal(statusAfter(image, activation, admin, defaultPolicy), result);
  });
}
