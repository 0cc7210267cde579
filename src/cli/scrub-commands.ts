import { Command } from 'commander';
import { getScrub, scrubImage } from '../client/scrub.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { imageIdOf } from './image-argument.ts';

type Run = NonNullable<Awaited<ReturnType<typeof getScrub>>['run']>;

/** How far a run is, in words. @param now by which its pace is told */
export function runText(run: Run, now: Date): string {
  const mib = Math.round(run.bytes / (1024 * 1024));
  const wrong = `${run.damaged} damaged, ${run.unreadable} unreadable`;
  const done = `${run.images} of ${run.due} images, ${mib} MiB in ${run.chunks} pieces; ${wrong}`;
  if (run.ended_at !== null) return `ended at ${run.ended_at}: ${done}`;
  const spent = now.getTime() - Date.parse(run.began_at);
  const left = run.images === 0 ? undefined : (spent / run.images) * (run.due - run.images);
  const rest = left === undefined ? '' : `; ${Math.ceil(left / 60_000)} min left at this pace`;
  return `on since ${run.began_at}: ${done}${rest}`;
}

/** The exit code of a look that found something wrong. */
const notWholeCode = 3;

/** `vitrine scrub …`: whether the data of images still is what was uploaded. */
export function scrubCommands(): Command {
  const scrub = new Command('scrub').description('see how the data of images is');

  withCommonOptions(scrub.command('status'))
    .description('show when data was last looked at, and which is damaged')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { damaged, unreadable, run, ...status } = await getScrub(session);
      output.fields({
        ...status,
        damaged: damaged.map(({ image_id: id, position }) => `${id} at ${position}`).join(', '),
        unreadable: unreadable.map(({ image_id: id }) => id).join(', '),
        run: run && runText(run, new Date()),
      });
    });

  withCommonOptions(scrub.command('image <image>'))
    .description('look at the data of an image now; exits with 3 when it is not as it was uploaded')
    .action(async (name: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const found = await scrubImage(session, await imageIdOf(session, name));
      output.fields(found);
      if (found.state !== 'whole') process.exitCode = notWholeCode;
    });

  return scrub;
}
