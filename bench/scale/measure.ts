import { median } from '../figures.ts';

/** A list that can be asked for again and again. */
export interface List extends AsyncDisposable {
  /** Milliseconds until the page is there as a whole. */
  time(): Promise<number>;
}

/** The same of the service with few images and of that with many. */
export interface Pair<T> {
  readonly small: T;
  readonly large: T;
}

/** Times of one list in milliseconds: medians of the rounds. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
}

export interface Rounds {
  readonly rounds: number;
  /** Lists of each service in a round. */
  readonly requests: number;
}

/** Measures a list of both services, page by page in turn, so that what else the machine does hits both. */
export async function measurePair(
  lists: Pair<List>,
  { rounds, requests }: Rounds,
): Promise<Pair<Times>> {
  const found: Pair<Times>[] = [];
  await inTurn(lists, Math.ceil(requests / 2));
  for (let round = 0; round < rounds; round += 1) {
    const times = await inTurn(lists, requests);
    found.push({ small: timesOf(times.small), large: timesOf(times.large) });
  }
  const medians = (pick: (round: Pair<Times>) => Times): Times => ({
    p50: median(found.map((round) => pick(round).p50)),
    p99: median(found.map((round) => pick(round).p99)),
  });
  return { small: medians((round) => round.small), large: medians((round) => round.large) };
}

async function inTurn({ small, large }: Pair<List>, requests: number) {
  const times = { small: new Float64Array(requests), large: new Float64Array(requests) };
  for (let n = 0; n < requests; n += 1) {
    // Neither is always the one that finds the machine as the other left it.
    if (n % 2 === 0) times.small[n] = await small.time();
    times.large[n] = await large.time();
    if (n % 2 === 1) times.small[n] = await small.time();
  }
  return times;
}

function timesOf(times: Float64Array): Times {
  const sorted = times.toSorted();
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
