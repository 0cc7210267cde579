import { Command } from 'commander';
import { initialText, placeText } from '../config/description.ts';
import { variableOf } from '../config/sources.ts';
import { nearest } from '../config/spelling.ts';
import type { SettingState } from '../config.ts';
import { CommandError } from './command-error.ts';
import { openUpkeep, type UpkeepOptions, withUpkeepOptions } from './upkeep-context.ts';

/** `vitrine config …`: the settings, as the service would read them here. */
export function configCommands(): Command {
  const config = new Command('config').description(
    'look at the configuration; no service is asked',
  );

  withUpkeepOptions(config.command('check'))
    .description('tell every problem of the configuration; exits with 1 when there is one')
    .action((options: UpkeepOptions) => {
      const { output, read } = openUpkeep(options);
      for (const warning of read.warnings) console.error(warning);
      for (const problem of read.problems) console.error(problem);
      if (read.problems.length > 0) process.exitCode = 1;
      else output.done(`The configuration is right: ${summary(read.states)}.`);
    });

  withUpkeepOptions(config.command('show'))
    .description('list every setting with its value and where it was given')
    .action((options: UpkeepOptions) => {
      const { output, read } = openUpkeep(options);
      const rows = read.states.map(rowOf);
      output.table(rows, ['key', 'value', 'given_in']);
    });

  withUpkeepOptions(config.command('explain <key>'))
    .description('tell what a setting does, what it may be and what it is')
    .action((key: string, options: UpkeepOptions) => {
      const { output, read } = openUpkeep(options);
      const state = find(read.states, key);
      const { setting } = state;
      output.fields({
        key: setting.key,
        about: setting.about,
        wanted: setting.wanted,
        environment: variableOf(setting.key),
        default: initialText(setting),
        value: rowOf(state).value,
        given_in: rowOf(state).given_in,
      });
    });

  return config;
}

function summary(states: readonly SettingState[]): string {
  const given = states.filter((state) => state.given);
  return `${given.length} of ${states.length} settings are given, the others have their defaults`;
}

function rowOf({ setting, given }: SettingState) {
  const value = given ? shown(given.value, setting) : initialText(setting);
  return { key: setting.key, value, given_in: placeText(given) };
}

function shown(value: unknown, { isSecret }: SettingState['setting']): string {
  if (isSecret) return '(secret)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function find(states: readonly SettingState[], name: string): SettingState {
  const found = states.find(
    ({ setting }) => setting.key === name || variableOf(setting.key) === name,
  );
  if (found) return found;
  const meant = nearest(
    name,
    states.map(({ setting }) => setting.key),
  );
  throw new CommandError(
    `${name}: is no setting.${meant ? ` Is ${meant} meant?` : ''} \`vitrine config show\` lists them all.`,
  );
}
