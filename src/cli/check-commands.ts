import { Command } from 'commander';
import { CommandError } from './command-error.ts';
import {
  openUpkeep,
  progressLines,
  sizeText,
  type UpkeepOptions,
  withUpkeepOptions,
} from './upkeep-context.ts';

interface CheckOptions extends UpkeepOptions {
  readonly hashes?: boolean;
  readonly repair?: boolean;
  readonly removeOrphans?: boolean;
  readonly minAge: string;
}

/** The exit code of a check after which something is still wrong. */
const wrongCode = 3;

/** `vitrine check`: whether records and stores agree. */
export function checkCommand(): Command {
  return withUpkeepOptions(new Command('check'))
    .option('--hashes', 'read all data, and compare it with its hashes')
    .option('--repair', 'put right what can be put right; on SQLite the service must be stopped')
    .option(
      '--remove-orphans',
      'with --repair: remove data that is nobody’s instead of moving it aside',
    )
    .option('--min-age <seconds>', 'leave alone what is nobody’s and younger', '86400')
    .description(
      'compare the records of this service with its stores, beside it; exits with 3 when something is wrong',
    )
    .action(async (options: CheckOptions) => {
      const { output, read } = openUpkeep(options);
      const { repair: repairs = false, removeOrphans: removesOrphans = false } = options;
      const minAge = secondsOf(options.minAge) * 1000;
      const { checkService } = await import('../upkeep.ts');
      const tell = progressLines();
      const { findings, ...report } = await checkService(read, {
        hashes: options.hashes ?? false,
        repairs,
        removesOrphans,
        minAge,
        progress: ({ step, count, bytes }) =>
          tell(() => `${step}: ${count}${bytes > 0 ? `, ${sizeText(bytes)} read` : ''}`),
      });
      const wrong = findings.filter(({ outcome }) => outcome === 'found').length;
      const mended = findings.filter(({ outcome }) => outcome === 'mended').length;
      if (wrong > 0) process.exitCode = wrongCode;
      const counts = { ...report, wrong, mended };
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ ...counts, findings }, null, 2)}\n`);
        return;
      }
      if (findings.length > 0) {
        const rows = findings.map(({ outcome, kind, subject, store, text, advice }) => ({
          state: outcome,
          what: kind,
          of: subject,
          store,
          why: text,
          advice: outcome === 'found' ? advice : '',
        }));
        output.table(rows, ['state', 'what', 'of', 'store', 'why', 'advice']);
      }
      output.fields({ ...counts, bytes: sizeText(report.bytes) });
    });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new CommandError(`--min-age: a number of seconds is wanted, not ${text}.`);
}
