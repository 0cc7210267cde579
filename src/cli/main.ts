import { Command, CommanderError } from 'commander';
import { ApiError, CertificateError, ConnectionError } from '../client/api-error.ts';
import { backupCommand, restoreCommand } from './backup-commands.ts';
import { checkCommand } from './check-commands.ts';
import { CommandError } from './command-error.ts';
import { completionCommand } from './completion-commands.ts';
import { configCommands } from './config-commands.ts';
import { credentialCommands } from './credential-commands.ts';
import { familyCommands } from './family-commands.ts';
import { groupCommands } from './group-commands.ts';
import { imageCommands } from './image-commands.ts';
import { inboxCommands } from './inbox-commands.ts';
import { keyCommands } from './key-commands.ts';
import { mailCommands } from './mail-commands.ts';
import { policyCommands } from './policy-commands.ts';
import { projectCommands } from './project-commands.ts';
import { quotaCommands } from './quota-commands.ts';
import { catalogueCommands, requestCommands } from './request-commands.ts';
import { roleCommands } from './role-commands.ts';
import { scrubCommands } from './scrub-commands.ts';
import { shareCommands } from './share-commands.ts';
import { storeCommands } from './store-commands.ts';
import { userCommands } from './user-commands.ts';
import { webhookCommands } from './webhook-commands.ts';

/** The exit codes: done, refused or failed, and a command that makes no sense. */
const exitCodes = { done: 0, failed: 1, misused: 2 } as const;

function buildProgram(): Command {
  const program = new Command('vitrine')
    .description('Manages a Vitrine image service.')
    .addCommand(userCommands())
    .addCommand(projectCommands())
    .addCommand(roleCommands())
    .addCommand(credentialCommands())
    .addCommand(keyCommands())
    .addCommand(quotaCommands())
    .addCommand(policyCommands())
    .addCommand(imageCommands())
    .addCommand(storeCommands())
    .addCommand(shareCommands())
    .addCommand(inboxCommands())
    .addCommand(familyCommands())
    .addCommand(groupCommands())
    .addCommand(scrubCommands())
    .addCommand(requestCommands())
    .addCommand(catalogueCommands())
    .addCommand(webhookCommands())
    .addCommand(mailCommands())
    .addCommand(configCommands())
    .addCommand(checkCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand());
  program.addCommand(completionCommand(program));
  overrideExit(program);
  return program;
}

/** Commander ends the process itself with 1 for a misused command unless every command is told not to. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.misused;
  }
  if (error instanceof CommandError) {
    console.error(error.message);
    return exitCodes.misused;
  }
  console.error(textOf(error));
  return exitCodes.failed;
}

function textOf(error: unknown): string {
  if (error instanceof CertificateError) {
    return `${error.message} Name its authority as cacert in clouds.yaml or in OS_CACERT.`;
  }
  if (error instanceof ConnectionError)
    return `${error.message} Is the service running (npm start)?`;
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  return error.status === 401
    ? `${error.message} Check the password in clouds.yaml.`
    : error.message;
}

// Whoever reads the output may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.done);
});

try {
  await buildProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
