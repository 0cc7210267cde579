import { parseArgs } from 'node:util';
import { positive } from '../options.ts';
import type { Pair, Rounds } from './measure.ts';

export interface ScaleOptions extends Rounds {
  readonly images: Pair<number>;
  /** Where the data is kept from one run to the next; absent: nowhere. */
  readonly data: string | undefined;
  /** What keeps the records while they are measured. */
  readonly database: 'sqlite' | 'postgres';
  /** The file that starts the service. */
  readonly server: string;
  /** Where the figures go as JSON. */
  readonly json: string | undefined;
}

/** The usage text of `npm run bench:scale -- --help`. */
export const scaleUsage = `npm run bench:scale -- [options]
  --images N     images of the larger service, a multiple of 1000 (1000000)
  --small N      images of the smaller one (1000)
  --rounds N     rounds of which the median is told (7)
  --requests N   lists of each service in a round (400)
  --data FOLDER  keeps the data there for the next run; else it is removed
  --database D   sqlite, or postgres, which is started and given a copy (sqlite)
  --server FILE  the service to measure (src/main.js)
  --json FILE    writes the figures there as well`;

/** Reads the command line. @throws RangeError for a value that makes no sense. */
export function readScaleOptions(args: readonly string[]): ScaleOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: { type: 'string', default: '1000000' },
      small: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '7' },
      requests: { type: 'string', default: '400' },
      data: { type: 'string' },
      database: { type: 'string', default: 'sqlite' },
      server: { type: 'string', default: 'src/main.js' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    images: { small: thousands('small', values.small), large: thousands('images', values.images) },
    rounds: positive('rounds', values.rounds),
    requests: positive('requests', values.requests),
    data: values.data,
    database: databaseOf(values.database),
    server: values.server,
    json: values.json,
  };
}

function databaseOf(text: string): ScaleOptions['database'] {
  if (text === 'sqlite' || text === 'postgres') return text;
  throw new RangeError(`--database takes sqlite or postgres, not ${text}.`);
}

function thousands(name: string, text: string): number {
  const value = positive(name, text);
  if (value % 1000 !== 0) throw new RangeError(`--${name} takes a multiple of 1000, not ${text}.`);
  return value;
}
