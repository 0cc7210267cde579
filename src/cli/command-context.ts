import type { Command } from 'commander';
import { type Login, openSession, type Session } from '../client/session.ts';
import { trustAuthorities } from './authorities.ts';
import { loadCloud } from './clouds.ts';
import { jsonOutput, type Output, textOutput } from './output.ts';

/** What every command works with. */
export interface CommandContext {
  readonly session: Session;
  readonly login: Login;
  readonly output: Output;
}

/** The options that every command takes. */
export interface CommonOptions {
  readonly osCloud?: string;
  readonly json?: boolean;
}

/** Adds the options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--os-cloud <name>', 'the entry of clouds.yaml to log in with (OS_CLOUD)')
    .option('--json', 'print JSON for programs');
}

/** Opens what a command needs by its options and the environment. */
export function openContext({ osCloud, json }: CommonOptions): CommandContext {
  const write = (text: string) => void process.stdout.write(text);
  const { login, cacert } = loadCloud({ cloud: osCloud, env: process.env });
  if (cacert !== undefined) trustAuthorities(cacert);
  return {
    login,
    session: openSession(login),
    output: json ? jsonOutput(write) : textOutput(write),
  };
}
