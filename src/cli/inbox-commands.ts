import { Command } from 'commander';
import { getProject } from '../client/projects.ts';
import type { Session } from '../client/session.ts';
import {
  answerOffersOf,
  leaveShare,
  listMuted,
  listOffers,
  type OfferBody,
  type OfferStateName,
  setMuted,
} from '../client/sharing.ts';
import { addAcceptRuleCommands } from './accept-rule-commands.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { imageIdOf } from './image-argument.ts';
import type { Output } from './output.ts';

const states = ['pending', 'set_aside', 'accepted', 'rejected', 'all'] as const;

const answers: readonly (readonly [command: string, state: OfferStateName, about: string])[] = [
  ['accept', 'accepted', 'accept offers: their images are in your list'],
  ['reject', 'rejected', 'reject offers'],
  ['set-aside', 'set_aside', 'decide later: the offers stay pending, and out of the inbox'],
];

/** `vitrine inbox …`: what others offer. */
export function inboxCommands(): Command {
  const inbox = new Command('inbox').description('see and answer what other projects offer');

  withCommonOptions(inbox.command('list', { isDefault: true }))
    .description('list offers, the newest first')
    .option('--state <state>', `one of ${states.join(', ')}`, 'pending')
    .action(async ({ state, ...options }: CommonOptions & { readonly state: string }) => {
      const known = states.find((one) => one === state);
      if (!known) throw new CommandError(`${state}: one of ${states.join(', ')} is wanted.`);
      const { session, output } = openContext(options);
      const offers = await Array.fromAsync(listOffers(session, known));
      const columns = ['image', 'name', 'producer', 'size', 'format', 'state', 'since', 'until'];
      output.table(offers.map(rowOf), [...columns, 'note']);
    });

  for (const [name, state, about] of answers) {
    withCommonOptions(inbox.command(`${name} <image...>`))
      .description(`${about}; by ids, or by names of offers`)
      .action(async (images: readonly string[], options: CommonOptions) => {
        const { session, output } = openContext(options);
        await answer(session, output, { images, state });
      });
  }

  withCommonOptions(inbox.command('leave <image>'))
    .description('leave a share: the project is a member no more')
    .action(async (image: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await leaveShare(session, await imageIdOf(session, image));
      output.done(`${image} is shared with this project no more.`);
    });

  addMuting(inbox);
  addAcceptRuleCommands(inbox);
  return inbox;
}

function addMuting(inbox: Command): void {
  for (const muted of [true, false]) {
    withCommonOptions(inbox.command(`${muted ? 'mute' : 'unmute'} <project>`))
      .description(muted ? 'hide the offers of a project' : 'see the offers of a project again')
      .action(async (project: string, options: CommonOptions) => {
        const { session, output } = openContext(options);
        const { id } = await getProject(session, project);
        await setMuted(session, id, muted);
        output.done(`${project} is ${muted ? 'muted' : 'heard again'}.`);
      });
  }

  withCommonOptions(inbox.command('muted'))
    .description('list whom the project has muted')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const rows = (await listMuted(session)).map(({ producer, muted_at }) => ({
        project: producer.name,
        project_id: producer.id,
        since: muted_at,
      }));
      output.table(rows, ['project', 'project_id', 'since']);
    });
}

/** How many answers go into one call. */
const mostAtOnce = 100;

interface Answering {
  readonly images: readonly string[];
  readonly state: OfferStateName;
}

async function answer(session: Session, output: Output, { images, state }: Answering) {
  const ids = await idsOf(session, images);
  const results = [];
  for (let begin = 0; begin < ids.length; begin += mostAtOnce) {
    const some = ids.slice(begin, begin + mostAtOnce);
    results.push(...(await answerOffersOf(session, some, state)));
  }
  const rows = results.map((result) => ({
    image: result.image_id,
    state: result.state,
    error: result.error,
  }));
  output.table(rows, ['image', 'state', 'error']);
  const failed = results.filter(({ error }) => error !== null).length;
  if (failed > 0) throw new Error(`${failed} of ${results.length} could not be answered.`);
}

/** Names are looked for among the offers: they are not in the project's list before they are accepted. */
async function idsOf(session: Session, given: readonly string[]): Promise<readonly string[]> {
  const isId = (text: string) => /^[0-9a-f-]{36}$/i.test(text);
  if (given.every(isId)) return given;
  const offers = await Array.fromAsync(listOffers(session, 'all'));
  return given.map((text) => {
    if (isId(text)) return text;
    const found = offers.filter(({ image }) => image.name === text);
    const [only, another] = found;
    if (only && !another) return only.image.id;
    throw new CommandError(`${found.length} offers are called ${text}; give the id of the image.`);
  });
}

function rowOf({ image, producer, state, offered_at, expires_at, note }: OfferBody) {
  return {
    image: image.id,
    name: image.name,
    producer: producer.name ?? producer.id,
    size: image.size,
    format: image.disk_format,
    state,
    since: offered_at,
    until: expires_at,
    note,
  };
}
