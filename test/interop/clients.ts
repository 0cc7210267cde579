import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Account } from './cloud.ts';

/** How a command ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command reads its standard input from; without it there is none. */
export interface Input {
  readonly file?: string;
}

/** Runs OpenStackClient as `account`. */
export function openstack(
  account: Account,
  args: readonly string[],
  input: Input = {},
): Promise<Outcome> {
  return run('openstack', args, account.environment, input);
}

/** Runs OpenStackClient as `account`, expects success, and gives its answer in JSON. */
export async function openstackJson(
  account: Account,
  args: readonly string[],
  input: Input = {},
): Promise<unknown> {
  const outcome = succeeded(await openstack(account, [...args, '-f', 'json'], input));
  return JSON.parse(outcome.stdout);
}

/** The rows of a list in JSON, by the heads of its columns. */
export function rows(list: unknown): Readonly<Record<string, string>>[] {
  assert(Array.isArray(list));
  return list;
}

/** Runs glanceclient as `account`, which knows no `clouds.yaml`. */
export function glance(
  account: Account,
  args: readonly string[],
  input: Input = {},
): Promise<Outcome> {
  const login = Object.entries(account.auth).map(([key, value]) => [
    `OS_${key.toUpperCase()}`,
    value,
  ]);
  const environment = { ...account.environment, ...Object.fromEntries(login) };
  return run('glance', args, environment, input);
}

/** The rows below the head of the table that glanceclient prints, cell by cell. */
export function tableRows(stdout: string): string[][] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(1).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The two columns that glanceclient prints of one image. */
export function tableFields(stdout: string): Record<string, string> {
  return Object.fromEntries(tableRows(stdout).map(([field = '', value = '']) => [field, value]));
}

/** Runs any command to its end, without a terminal. */
export async function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input: Input = {},
): Promise<Outcome> {
  const child = spawn(command, args, {
    // Nothing of the caller's own OS_ variables may decide which cloud is asked.
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', PYTHONWARNINGS: 'ignore', ...environment },
    stdio: [input.file === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  assert(child.stdout && child.stderr);
  const fed =
    input.file !== undefined && child.stdin
      ? // A command that ends before it has read everything says why in its outcome.
        pipeline(createReadStream(input.file), child.stdin).catch(() => undefined)
      : undefined;
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
    fed,
  ]);
  return { code, stdout, stderr };
}

/** Passes on the outcome of a command that must have succeeded. */
export function succeeded(outcome: Outcome): Outcome {
  assert.equal(outcome.code, 0, `${outcome.stdout}\n${outcome.stderr}`);
  return outcome;
}

/** Expects that the command was refused, with words that match `reason`. */
export function refused(outcome: Outcome, reason: RegExp): void {
  assert.notEqual(outcome.code, 0, outcome.stdout);
  assert.match(`${outcome.stdout}\n${outcome.stderr}`, reason);
  assert.doesNotMatch(outcome.stderr, /Traceback/);
}
