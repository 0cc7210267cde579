import type { Command } from 'commander';
import {
  addAcceptRule,
  listAcceptRules,
  type RuleBody,
  removeAcceptRule,
} from '../client/access.ts';
import { getProject } from '../client/projects.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { expiryOf } from './expiry.ts';

interface RuleOptions extends CommonOptions {
  readonly name?: string;
  readonly family?: string;
  readonly until?: string;
}

/** Adds `vitrine inbox trust`, `untrust` and `rules`: what is accepted at once. */
export function addAcceptRuleCommands(inbox: Command): void {
  withCommonOptions(inbox.command('trust <project>'))
    .description('accept at once what a project offers from now on')
    .option('--name <pattern>', 'only images of such a name, with * and ?')
    .option('--family <family>', 'only images whose property family is this')
    .option('--until <time>', 'until when: a time, or how long from now, such as 30d')
    .action(async (project: string, options: RuleOptions) => {
      const { name = null, family = null, until } = options;
      const expires_at = until === undefined ? null : expiryOf(until, Date.now()).toISOString();
      const { session, output } = openContext(options);
      const { id: producer } = await getProject(session, project);
      output.fields(rowOf(await addAcceptRule(session, { producer, name, family, expires_at })));
    });

  withCommonOptions(inbox.command('rules'))
    .description('list what is accepted at once')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const rows = (await listAcceptRules(session)).map(rowOf);
      output.table(rows, ['id', 'producer', 'name', 'family', 'until', 'uses', 'used']);
    });

  withCommonOptions(inbox.command('untrust <rule>'))
    .description('take a rule away, by its id')
    .action(async (rule: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await removeAcceptRule(session, rule);
      output.done('The rule is gone; what it has accepted stays accepted.');
    });
}

function rowOf({ id, producer, name, family, expires_at, uses, used_at }: RuleBody) {
  return {
    id,
    producer: producer.name ?? producer.id,
    name,
    family,
    until: expires_at,
    uses,
    used: used_at,
  };
}
