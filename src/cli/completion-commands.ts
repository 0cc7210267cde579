import { Command } from 'commander';
import { CommandError } from './command-error.ts';
import { completionScript, shells } from './completion-scripts.ts';

/** `vitrine completion …`: what shells need to complete commands. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .argument('<shell>', shells.join(', '))
    .description('print what a shell needs to complete commands, to be put where it looks for that')
    .action((given: string) => {
      const shell = shells.find((one) => one === given);
      if (!shell) throw new CommandError(`${given}: one of ${shells.join(', ')} is wanted.`);
      process.stdout.write(completionScript(program, shell));
    });
}
