import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientNetwork } from './client-network.ts';

for (const [address, network] of [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:40000', '192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['::1', '::1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['[2001:db8:1:2:3:4:5:6]:40000', '2001:db8:1:2'],
  ['[2001:db8:1:2:3:4:5:6]', '2001:db8:1:2'],
  ['unknown', 'unknown'],
  ['a:b', 'a:b'],
] as const) {
  test(`${address} counts as ${network}`, () => {
    assert.equal(clientNetwork(address), network);
  });
}
