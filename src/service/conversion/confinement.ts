import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What a program that works on the data of others may take. */
export interface Confines {
  /** Seconds of the processor. */
  readonly cpuTime: number;
  /** Bytes of each file that it writes. */
  readonly fileSize: number;
}

/** The command that runs a program in its confines: first what to execute, then its parameters. */
export type Confine = (
  confines: Confines,
  command: readonly string[],
) => readonly [string, ...string[]];

/** Bytes of memory: what `qemu-img` needs is some 30 MiB, and room for its threads. */
const memory = 1024 * 1024 * 1024;

/** Nothing of the service's own environment: there are secrets in it. */
export const confinedEnvironment = { LC_ALL: 'C', MALLOC_ARENA_MAX: '1' } as const;

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/usr/local/bin', '/run/current-system/sw/bin'];

/** Without a network, as far as the system lets this process. */
const networks = [['--net'], ['--user', '--net']];

const run = promisify(execFile);

/**
 * Finds what confines programs here: `prlimit`, `setpriv` and `unshare` of util-linux.
 *
 * @param program that is to be confined, asked for its version
 * @returns also whether it has no network
 * @throws Error saying what is missing
 */
export async function findConfinement(
  program: string,
): Promise<{ readonly confine: Confine; readonly hasNetwork: boolean }> {
  const prlimit = await pathOf('prlimit');
  // It ends with this process, however that ends.
  const bound = [await pathOf('setpriv'), '--no-new-privs', '--pdeathsig', 'KILL', '--'];
  const unshare = await pathOf('unshare').catch(() => undefined);
  const alone = unshare === undefined ? [] : networks.map((flags) => [unshare, ...flags, '--']);
  let failure: unknown;
  for (const network of [...alone, []]) {
    const confine = confinedBy(prlimit, [...network, ...bound]);
    try {
      const [file, ...rest] = confine({ cpuTime: 10, fileSize: 0 }, [program, '--version']);
      await run(file, rest, { env: confinedEnvironment, timeout: 10_000 });
      return { confine, hasNetwork: network.length === 0 };
    } catch (cause) {
      failure = cause;
    }
  }
  throw new Error(`${program} cannot be run.`, { cause: failure });
}

function confinedBy(prlimit: string, prefix: readonly string[]): Confine {
  return ({ cpuTime, fileSize }, command) => [
    prlimit,
    `--as=${memory}`,
    `--cpu=${cpuTime}`,
    `--fsize=${fileSize}`,
    '--nofile=64',
    '--core=0',
    '--',
    ...prefix,
    ...command,
  ];
}

async function pathOf(name: string): Promise<string> {
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    if (await isProgram(path)) return path;
  }
  throw new Error(`${name} (of util-linux) is not there.`);
}

async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
