import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { CommandError } from './command-error.ts';

/** How a command is to come by a new password. */
export interface PasswordOptions {
  readonly password?: string;
  readonly passwordStdin?: boolean;
  readonly generate?: boolean;
}

export interface NewPassword {
  readonly password: string;
  /** Whether the command made it up, so that it has to be shown. */
  readonly isGenerated: boolean;
}

/** Adds the options by which a command takes a password. */
export function withPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'read the password from the first line of standard input')
    .option(
      '--generate',
      'make a random password and print it once (the default without a terminal)',
    )
    .option('--password <password>', 'the password; others on this machine can see it');
}

/**
 * The new password: given, asked for on a terminal, or made at random.
 *
 * @throws CommandError when it is empty or typed differently the second time.
 */
export async function newPassword(options: PasswordOptions): Promise<NewPassword> {
  if (options.password !== undefined) {
    console.error('Warning: a password on the command line can be seen by others on this machine.');
    return typed(options.password);
  }
  if (options.passwordStdin) return typed(await firstLine());
  if (options.generate || !process.stdin.isTTY) {
    return { password: randomBytes(18).toString('base64url'), isGenerated: true };
  }
  const first = await ask('New password: ');
  if ((await ask('Again: ')) !== first) throw new CommandError('The two passwords differ.');
  return typed(first);
}

function typed(password: string): NewPassword {
  if (password === '') throw new CommandError('The password is empty.');
  return { password, isGenerated: false };
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  return '';
}

/** Asks on the terminal without showing what is typed. */
async function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.once('SIGINT', () => reject(new CommandError('Cancelled.')));
      reader.question('', resolve);
    });
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
