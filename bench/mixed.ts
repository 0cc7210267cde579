import { setTimeout as after } from 'node:timers/promises';
import { inTurn, median, type Single } from './figures.ts';
import { type Load, type LoadResult, measureLoad } from './load.ts';
import { showRequests, statusRequests } from './metadata.ts';
import type { Options } from './options.ts';
import type { Seed } from './seed.ts';
import type { Service } from './service.ts';

/** Connections that change something all the time. */
const writers = 16;

/** How many times as long a show may take while they do, by the 99th percentile. */
const most = 3;

const connectionCounts = [1, 16] as const;

/** What writers do to readers: the slowest hundredth of shows, alone and while others change members durably. */
export async function measureMixed(
  service: Service,
  seed: Seed,
  options: Options,
): Promise<Single[]> {
  const singles: Single[] = [];
  for (const connections of connectionCounts) {
    const show: Load = {
      url: service.url,
      token: service.producer.token,
      method: 'GET',
      requests: showRequests(seed),
      repeat: true,
      connections,
      seconds: options.seconds,
      warmUpSeconds: options.seconds / 5,
    };
    const beside: LoadResult[] = [];
    const [alone, among] = await inTurn<LoadResult>(options.rounds, [
      () => measureLoad(show),
      async () => {
        const sent = beside.at(-1)?.sent ?? 0;
        const [shows, changes] = await whileOthersWrite(service, seed, { show, sent });
        beside.push(changes);
        return shows;
      },
    ]);
    const p99 = (results: readonly LoadResult[] = []) => median(results.map((one) => one.p99));
    const changes = Math.round(median(beside.map(({ perSecond }) => perSecond)));
    const name = `show, p99, ${connections} connection(s)`;
    const others = `${changes.toLocaleString('en')} changes/s by ${writers}`;
    singles.push(
      { name: `${name}, alone`, value: p99(alone), unit: 'ms' },
      {
        name: `${name}, beside ${others}`,
        value: p99(among),
        unit: 'ms',
        atMost: most * p99(alone),
      },
    );
  }
  return singles;
}

async function whileOthersWrite(
  { url, consumer }: Service,
  seed: Seed,
  { show, sent }: { readonly show: Load; readonly sent: number },
): Promise<readonly [LoadResult, LoadResult]> {
  /** They begin before the shows and end behind them; s. */
  const margin = 1;
  const writing = measureLoad({
    url,
    token: consumer.token,
    method: 'PUT',
    requests: statusRequests(seed, consumer),
    sent,
    repeat: true,
    connections: writers,
    seconds: show.seconds + show.warmUpSeconds + margin,
    warmUpSeconds: margin,
  });
  await after(margin * 1000);
  const among = await measureLoad(show);
  return [among, await writing];
}
