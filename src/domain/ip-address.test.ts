import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isInNetwork, parseIpAddress, parseIpNetwork } from './ip-address.ts';

test('what is an address here is one for the system too, and the other way round', () => {
  const piece = fc.oneof(
    fc.constantFrom('::', ':', '.', '0', '00', '255', '256', 'ffff', '1', '0x1', '%eth0', ''),
    fc.stringMatching(/^[\da-f]{1,5}$/),
  );
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4Extended(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(':')),
  );

  fc.assert(
    fc.property(text, (address) => {
      const isOne = isIP(address) > 0 && !address.includes('%');
      assert.equal(parseIpAddress(address) !== undefined, isOne, address);
    }),
    { numRuns: 2000 },
  );
});

for (const version of [4, 6] as const) {
  test(`an IPv${version} address is in a network when the system says so`, () => {
    const address = version === 4 ? fc.ipV4() : fc.ipV6();
    const longest = version === 4 ? 32 : 128;
    const prefix = fc.integer({ min: 0, max: longest });

    fc.assert(
      fc.property(address, address, prefix, fc.boolean(), (one, other, length, near) => {
        const list = new BlockList();
        const base = near ? one : other;
        list.addSubnet(base, length, version === 4 ? 'ipv4' : 'ipv6');
        const [found, network] = [parseIpAddress(one), parseIpNetwork(`${base}/${length}`)];
        if (!found || !network) return;
        const isIn = isInNetwork(found, network);
        assert.equal(isIn, list.check(one, version === 4 ? 'ipv4' : 'ipv6'));
      }),
      { numRuns: 500 },
    );
  });
}

test('a network is an address with a prefix that fits it', () => {
  const wrong = [
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10/8',
    '::ffff:10.0.0.0/104',
    '10.0.0.0/8/8',
  ];

  assert.deepEqual(
    wrong.filter((text) => parseIpNetwork(text)),
    [],
  );
  assert.equal(parseIpNetwork('10.0.0.1')?.prefix, 32);
  assert.equal(parseIpNetwork('2001:db8::1')?.prefix, 128);
});
