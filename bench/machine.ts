import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';

/** Where and when a run took place. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memory: string;
  readonly kernel: string;
  readonly node: string;
  /** File system and device of the folder that held the data. */
  readonly disk: string;
  /** Runnable processes of the last minute before the run: much above 0 means that others worked too. */
  readonly loadBefore: number;
}

/** Describes this machine and the disk under `folder`. */
export async function describeMachine(folder: string): Promise<Machine> {
  return {
    date: new Date().toISOString(),
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    kernel: `${type()} ${release()}`,
    node: process.version,
    disk: await diskUnder(folder),
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** The head of a report. */
export function machineText(machine: Machine, command: string): readonly string[] {
  const { cores, cpu, memory, kernel, node } = machine;
  return [
    `${machine.date}  ${command}`,
    `${cores} cores of ${cpu}, ${memory}, ${kernel}, Node ${node}`,
    `disk: ${machine.disk}; load before the run: ${machine.loadBefore.toFixed(2)}`,
  ];
}

async function diskUnder(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('df', ['--output=fstype,source', folder]);
  const [fileSystem, source] = stdout.trim().split('\n').at(-1)?.trim().split(/\s+/) ?? [];
  const rotational = await rotationalFlag(source ?? '');
  return `${fileSystem} on ${source}${rotational}`;
}

async function rotationalFlag(source: string): Promise<string> {
  try {
    const device = (await realpath(source)).split('/').at(-1) ?? '';
    const disk = device.replace(/^(nvme\d+n\d+|mmcblk\d+)p\d+$|^([a-z]+)\d+$/, '$1$2');
    // Virtual disks report themselves as rotating, whatever lies under them.
    if (/^x?vd/.test(disk)) return ' (virtual disk)';
    const flag = await readFile(`/sys/block/${disk}/queue/rotational`, 'utf8');
    return flag.trim() === '0' ? ' (solid state)' : ' (rotating)';
  } catch {
    // A folder in memory, or a device that the kernel does not describe: nothing to add.
    return '';
  }
}
