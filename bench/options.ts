import { parseArgs } from 'node:util';

/** The measurements by the name that `--only` takes, in the order in which they run. */
const measurementNames = [
  'start',
  'memory',
  'token',
  'list',
  'show',
  'members',
  'add',
  'status',
  'mixed',
  'upload',
  'tmpfs',
  'parallel',
  'download',
] as const;

export type MeasurementName = (typeof measurementNames)[number];

export interface Options {
  /** The measured part of each load, in seconds; a fifth of it is spent on warming up before. */
  readonly seconds: number;
  readonly only: ReadonlySet<MeasurementName>;
  /** How often each load is measured, in turn with what stands beside it; the middle one counts. */
  readonly rounds: number;
  /** Bytes of each uploaded and downloaded image. */
  readonly dataSize: number;
  /** Bytes of each of the images that are uploaded at once. */
  readonly parallelSize: number;
  /** A folder in memory. */
  readonly memoryFolder: string;
  /** Bytes of the image that the peak of memory is taken with. */
  readonly memorySize: number;
  /** The file that starts the service. */
  readonly server: string;
  /** The URL of the database; absent: SQLite in the data folder. */
  readonly database: string | undefined;
  /** The root of another Images API to be measured in turn with the service; absent: none. */
  readonly against: string | undefined;
  /** A `clouds.yaml` that says how to sign in there as `vitrine-producer` and `vitrine-consumer`. */
  readonly againstClouds: string | undefined;
  /** What the report calls it. */
  readonly againstName: string;
  /** Whether the figures are held to what is wanted of them beside a Glance. */
  readonly againstGlance: boolean;
  /** Where the figures go as JSON; absent: the last line of standard output. */
  readonly json: string | undefined;
}

/** The usage text of `npm run bench -- --help`. */
export const usage = `npm run bench -- [options]
  --seconds N        measured seconds of each load (3)
  --rounds N         how often each is measured, in turn with what stands beside it (3)
  --only a,b         any of ${measurementNames.join(', ')}
  --size MIB         size of each image of upload and download (1024)
  --parallel-size MIB  size of each of the 64 images that are uploaded at once (1024)
  --tmpfs FOLDER     a folder in memory, for uploads without a disk (/dev/shm)
  --memory-size MIB  size of the image that peak memory is taken with (2048)
  --server FILE      the service to measure (src/main.js)
  --database URL     the database of list to upload; postgres starts one (SQLite)
  --against URL      another service with an Images API, asked the same in turn; it is filled with 1,000 images
  --clouds FILE      the clouds.yaml to sign in there with, as vitrine-producer and vitrine-consumer;
                     else the environment has BENCH_PRODUCER_TOKEN and BENCH_CONSUMER_TOKEN
  --name TEXT        what the report calls it (its host)
  --glance           it is a Glance: hold the figures to what is wanted beside one
  --json FILE        writes the figures there rather than as the last line`;

/** Reads the command line. @throws RangeError for a value that makes no sense. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: measurementNames.join(',') },
      size: { type: 'string', default: '1024' },
      'parallel-size': { type: 'string', default: '1024' },
      tmpfs: { type: 'string', default: '/dev/shm' },
      'memory-size': { type: 'string', default: '2048' },
      server: { type: 'string', default: 'src/main.js' },
      database: { type: 'string' },
      against: { type: 'string' },
      clouds: { type: 'string' },
      name: { type: 'string' },
      glance: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    seconds: positive('seconds', values.seconds),
    rounds: Math.ceil(positive('rounds', values.rounds)),
    only: new Set(values.only.split(',').map(measurementName)),
    dataSize: positive('size', values.size) * 1024 * 1024,
    parallelSize: positive('parallel-size', values['parallel-size']) * 1024 * 1024,
    memoryFolder: values.tmpfs,
    memorySize: positive('memory-size', values['memory-size']) * 1024 * 1024,
    server: values.server,
    database: values.database,
    against: values.against,
    againstClouds: values.clouds,
    againstName: values.name ?? (values.against ? new URL(values.against).host : ''),
    againstGlance: values.glance,
    json: values.json,
  };
}

/** Reads the value of that option. @throws RangeError unless it is a number above 0. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name} takes a number above 0, not ${text}.`);
  return value;
}

function measurementName(text: string): MeasurementName {
  const name = measurementNames.find((known) => known === text.trim());
  if (!name) throw new RangeError(`--only knows ${measurementNames.join(', ')}, not ${text}.`);
  return name;
}
