import { Command } from 'commander';
import { getProject } from '../client/projects.ts';
import { getQuotas, type QuotaDocuments, resetQuotas, setQuotas } from '../client/quotas.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';
import type { Output } from './output.ts';

/** `vitrine quota …`: what each project may have. */
export function quotaCommands(): Command {
  const quota = new Command('quota').description('manage what each project may have');

  withCommonOptions(quota.command('show <project>'))
    .description('show the limits of a project and what it has')
    .action(async (project: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { id } = await getProject(session, project);
      print(output, await getQuotas(session, id));
    });

  withCommonOptions(quota.command('set <project> <quota=limit...>'))
    .description('give a project limits of its own, such as image_count_total=10; -1 is no limit')
    .action(async (project: string, given: readonly string[], options: CommonOptions) => {
      const limits = Object.fromEntries(given.map(limitOf));
      const { session, output } = openContext(options);
      const { id } = await getProject(session, project);
      print(output, await setQuotas(session, id, limits));
    });

  withCommonOptions(quota.command('unset <project> [quota...]'))
    .description('let the configured limits hold for a project again: the named ones, or all')
    .action(async (project: string, names: readonly string[], options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { id } = await getProject(session, project);
      if (names.length === 0) await resetQuotas(session, id);
      else await setQuotas(session, id, Object.fromEntries(names.map((name) => [name, null])));
      print(output, await getQuotas(session, id));
    });

  return quota;
}

function limitOf(given: string): [string, number] {
  const [, name, limit] = /^([a-z_]+)=(-?\d+)$/.exec(given) ?? [];
  if (name !== undefined && limit !== undefined) return [name, Number(limit)];
  throw new CommandError(
    `${given}: a quota and its limit are wanted, such as image_count_total=10.`,
  );
}

function print(output: Output, quotas: QuotaDocuments): void {
  const rows = Object.entries(quotas).map(([quota, { limit, from, usage }]) => ({
    quota,
    limit,
    usage,
    from,
  }));
  output.table(rows, ['quota', 'limit', 'usage', 'from']);
}
