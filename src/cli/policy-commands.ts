import { Command, Option } from 'commander';
import { checkPolicy } from '../client/policy.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';

interface CheckOptions extends CommonOptions {
  readonly as: string;
  readonly owner?: boolean;
  readonly member?: boolean;
  readonly visibility: 'public' | 'private' | 'shared' | 'community';
}

/** `vitrine policy …`: how the service decides. */
export function policyCommands(): Command {
  const policy = new Command('policy').description('ask about the rules of who may do what');

  withCommonOptions(policy.command('check <action>'))
    .description('tell whether an action is allowed, and why')
    .requiredOption('--as <roles>', 'the roles of the caller, parted by commas')
    .addOption(new Option('--owner', 'the caller owns the image').conflicts(['member', 'stranger']))
    .addOption(new Option('--member', 'the image is shared with it').conflicts('stranger'))
    .option('--stranger', 'neither of the two (the default)')
    .addOption(
      new Option('--visibility <visibility>', 'of the image')
        .choices(['public', 'private', 'shared', 'community'])
        .default('shared'),
    )
    .action(async (action: string, options: CheckOptions) => {
      const { session, output } = openContext(options);
      const relation = options.owner ? 'owner' : options.member ? 'member' : 'stranger';
      const roles = options.as.split(',').map((role) => role.trim());
      const { visibility } = options;
      const decision = await checkPolicy(session, { action, roles, relation, visibility });
      output.fields({
        allowed: decision.allowed,
        decided_by: decision.decided_by,
        rule: decision.rule,
        from: decision.overridden ? 'configuration' : 'default',
        because: decision.because.map(shownFinding).join(', '),
      });
    });

  return policy;
}

function shownFinding({
  condition,
  holds,
}: {
  readonly condition: string;
  readonly holds: boolean;
}) {
  return `${condition} ${holds ? 'holds' : 'fails'}`;
}
