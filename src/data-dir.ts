import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder of the service's data where there is none, so that a power cut does not take it away.
 *
 * @throws Error for the operator, the system's own as its cause
 */
export function makeDataDir(path: string): void {
  try {
    const topmost = mkdirSync(path, { recursive: true, mode: 0o700 }) ?? path;
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    for (let made = path; made.length >= topmost.length && made !== dirname(made); ) {
      made = dirname(made);
      syncNames(made);
    }
  } catch (cause) {
    const message = `The data folder ${path} cannot be used (${reasonOf(cause)}). Set VITRINE_DATA_DIR to one that can.`;
    throw new Error(message, { cause });
  }
}

/** Brings the names in a folder to stable storage; whoever may not look into it has made none of them. */
function syncNames(path: string): void {
  let folder: number;
  try {
    folder = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return;
    throw error;
  }
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Why the system refused something, in words for the operator. */
export function reasonOf(cause: unknown): string {
  const known: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EADDRINUSE: 'the port is taken',
    EADDRNOTAVAIL: 'no such address here',
  };
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return known[code] ?? code;
}
