import { keystoneIdentity } from '../src/identity/keystone/keystone-identity.ts';
import { serviceUser, startKeystoneServer } from '../test/support/keystone-server.ts';
import { median, type Single } from './figures.ts';

/** Requests whose tokens are looked at in one go. */
const calls = 100_000;

/**
 * The processor time that a request takes to know its caller, when Keystone has vouched for its token
 * lately: the median of 5, each over tokens of a thousand callers in turn.
 */
export async function measureToken(): Promise<Single> {
  await using server = await startKeystoneServer();
  using identity = keystoneIdentity({
    url: server.url,
    credentials: {
      kind: 'password',
      ...serviceUser,
      userDomain: { id: 'default' },
      scope: { kind: 'system' },
    },
    cacheTime: 300_000,
    timeout: 60_000,
    log: console,
    now: Date.now,
  });
  const tokens = Array.from({ length: 1000 }, () => server.issue());
  await Promise.all(tokens.map(async (token) => await identity.authenticate(token)));

  const times: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const begin = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) {
      const caller = identity.authenticate(tokens[call % tokens.length] ?? '');
      if (caller instanceof Promise) throw new Error('A token was not remembered.');
    }
    const { user, system } = process.cpuUsage(begin);
    times.push((user + system) / calls);
  }
  const name = 'processor time to check a remembered token of Keystone, median of 5';
  return { name, value: median(times), unit: 'us', atMost: 50 };
}
