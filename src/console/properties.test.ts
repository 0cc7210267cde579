import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageBody } from '../client/images.ts';
import { propertiesOf } from './properties.ts';

test('properties are what is not of every image, by name', () => {
  const image = {
    id: '1',
    name: 'n',
    tags: [],
    os_version: '12',
    os_distro: 'debian',
    self: '/v2',
  };

  assert.deepEqual(propertiesOf(image as unknown as ImageBody), [
    ['os_distro', 'debian'],
    ['os_version', '12'],
  ]);
});
