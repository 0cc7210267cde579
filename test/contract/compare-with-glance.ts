import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer } from '../support/running-server.ts';
import { chapters } from './api/chapters.ts';
import { cloudTarget } from './api/cloud-target.ts';
import { crossOrigin, pageOrigin } from './api/cross-origin.ts';
import { type Difference, differences } from './api/observed.ts';
import { check, play } from './api/play.ts';
import type { Row } from './api/row.ts';
import type { Target } from './api/scene.ts';
import { type KnownDifference, known } from './differences.ts';

/** A difference that was seen, and why it may be. */
interface Seen extends Difference {
  readonly row: string;
  readonly known: KnownDifference | undefined;
}

interface Pair extends AsyncDisposable {
  readonly vitrine: Target;
  readonly glance: Target;
  /** The logins of Glance's callers. */
  readonly glanceClouds: string;
}

const reference = fileURLToPath(new URL('../interop/reference-glance.sh', import.meta.url));
const authorization = fileURLToPath(new URL('authorization.test.ts', import.meta.url));
const run = promisify(execFile);

async function startBoth(): Promise<Pair> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'reference-glance-'));
  cleanup.defer(async () => void (await run('bash', [reference, 'stop', folder])));
  const settings = {
    REFERENCE_STORES: 'one',
    REFERENCE_TOKEN_CACHE_TIME: '300',
    REFERENCE_ALLOWED_ORIGIN: pageOrigin,
  };
  await run('bash', [reference, 'start', folder], { env: { ...process.env, ...settings } });
  const server = cleanup.use(
    await startServer({ VITRINE_CORS_ALLOWED_ORIGINS: JSON.stringify([pageOrigin]) }),
  );
  const glanceClouds = join(folder, 'clouds.yaml');
  const glance = cleanup.use(await cloudTarget(glanceClouds));
  const vitrine = cleanup.use(await cloudTarget(join(server.dataDirectory, 'clouds.yaml')));
  const owned = cleanup.move();
  return { vitrine, glance, glanceClouds, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function explain(row: Row, difference: Difference): Seen {
  const entry = known.find(
    ({ what, rows }) =>
      difference.what.startsWith(what) &&
      (typeof rows === 'function' ? rows(difference, row.says) : rows.includes(row.says)),
  );
  return { ...difference, row: row.says, known: entry };
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Every difference as a line of a table. */
function table(seen: readonly Seen[]): string {
  const lines = seen.map(({ row, what, vitrine, glance, known: entry }) =>
    [row, what, shown(vitrine), shown(glance), entry?.kind ?? 'UNEXPLAINED']
      .map((cell) => cell.replaceAll('|', '\\|').slice(0, 120))
      .join(' | '),
  );
  return ['row | what | Vitrine | Glance | kind', '--- | --- | --- | --- | ---', ...lines].join(
    '\n',
  );
}

const seen: Seen[] = [];
let pair: Pair;

before(async () => {
  pair = await startBoth();
});

after(async () => {
  const unexplained = seen.filter((one) => !one.known).length;
  console.log(`\n${table(seen)}\n\n${seen.length} differences, ${unexplained} unexplained`);
  await pair[Symbol.asyncDispose]();
});

for (const { title, rows } of [...chapters, crossOrigin(pageOrigin)]) {
  describe(title, () => {
    for (const row of rows) {
      test(row.says, async () => {
        const ours = await play(row, pair.vitrine);
        const theirs = await play(row, pair.glance);
        const found = differences(row, ours, theirs).map((one) => explain(row, one));
        seen.push(...found);

        check(row, ours);
        assert.deepEqual(
          found.filter((one) => !one.known),
          [],
        );
      });
    }
  });
}

test('who may do what holds for Glance too, cell by cell', async () => {
  await run(process.execPath, [authorization, '--clouds', pair.glanceClouds]);
});

test('every difference that is listed was seen', () => {
  const stale = known.flatMap((entry) => {
    const those = seen.filter((one) => one.known === entry);
    if (typeof entry.rows === 'function') return those.length === 0 ? [entry.why] : [];
    return entry.rows.filter((row) => !those.some((one) => one.row === row));
  });

  assert.deepEqual(stale, []);
});
