import { readFile } from 'node:fs/promises';

/** Resident memory of a process in MiB: now (`VmRSS`), or the most so far (`VmHWM`). */
export async function memoryOf(pid: number, key: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${key}.`);
  return Number(kibibytes) / 1024;
}

/** Processor time that all threads of a process took so far, in seconds. */
export async function cpuTimeOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field, the program's name, may hold spaces; utime and stime are the 12th and 13th behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Linux counts in hundredths of a second on every architecture that Node runs on.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
