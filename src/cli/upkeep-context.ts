import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type ReadConfig, readConfig } from '../config.ts';
import { jsonOutput, type Output, textOutput } from './output.ts';

/** The options of commands that work on the data of a service by its configuration, and ask no service. */
export interface UpkeepOptions {
  readonly file?: string;
  readonly json?: boolean;
}

/** What such commands work with. */
export interface UpkeepContext {
  readonly output: Output;
  readonly read: ReadConfig;
}

export function withUpkeepOptions(command: Command): Command {
  return command
    .option('--file <path>', 'the configuration file (VITRINE_CONFIG)')
    .option('--json', 'print JSON for programs');
}

/** Reads the configuration as the service would. */
export function openUpkeep({ file, json }: UpkeepOptions): UpkeepContext {
  const write = (text: string) => void process.stdout.write(text);
  const environment = file === undefined ? process.env : { ...process.env, VITRINE_CONFIG: file };
  return {
    output: json ? jsonOutput(write) : textOutput(write),
    read: readConfig(environment, (path) => readFileSync(path, 'utf8')),
  };
}

/** Between two lines that tell how far something is, ms. */
const interval = 5000;

/** Tells how far long work is on standard error, now and then; of what is soon done, nothing. */
export function progressLines(): (text: () => string) => void {
  let toldAt = performance.now();
  return (text) => {
    const now = performance.now();
    if (now - toldAt < interval) return;
    toldAt = now;
    process.stderr.write(`${text()}\n`);
  };
}

/** A size for people. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
