import { Command, Option } from 'commander';
import {
  addMailAddress,
  changeMailAddress,
  listMailAddresses,
  type MailAddressBody,
  type MailChoice,
  removeMailAddress,
  sendMailCode,
  verifyMailAddress,
} from '../client/mail.ts';
import type { Session } from '../client/session.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';
import { CommandError } from './command-error.ts';

interface ChoiceOptions extends CommonOptions {
  readonly when?: NonNullable<MailChoice['mode']>;
  readonly event?: NonNullable<MailChoice['events']>;
}

/** `vitrine mail …`: where people are told by mail what happens to the shares of a project. */
export function mailCommands(): Command {
  const mail = new Command('mail').description('have people told by mail what happens to shares');

  withCommonOptions(mail.command('list', { isDefault: true }))
    .description('list the mail addresses of the project, and how they fare')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const columns = ['id', 'address', 'when', 'events', 'verified', 'sent', 'failing', 'error'];
      const { addresses, sends_mail: sends } = await listMailAddresses(session);
      output.table(addresses.map(rowOf), columns);
      if (!sends) output.done('This service sends no mail.');
    });

  withChoice(mail.command('add <address>'))
    .description('have a code sent to an address; give it back with verify')
    .action(async (address: string, options: ChoiceOptions) => {
      const { session, output } = openContext(options);
      output.fields(rowOf(await addMailAddress(session, address, choiceOf(options))));
    });

  withCommonOptions(mail.command('verify <address> <code>'))
    .description('give back the code that was sent to an address (or its id)')
    .action(async (address: string, code: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { id } = await findAddress(session, address);
      output.fields(rowOf(await verifyMailAddress(session, id, code)));
    });

  withCommonOptions(mail.command('code <address>'))
    .description('have another code sent; those before it are void')
    .action(async (address: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await sendMailCode(session, (await findAddress(session, address)).id);
      output.done('A code will be sent.');
    });

  withChoice(mail.command('change <address>'))
    .description('change when an address is told, and of what')
    .action(async (address: string, options: ChoiceOptions) => {
      const choice = choiceOf(options);
      if (Object.keys(choice).length === 0) {
        throw new CommandError('What is to change? Give --when, --event or both.');
      }
      const { session, output } = openContext(options);
      const { id } = await findAddress(session, address);
      output.fields(rowOf(await changeMailAddress(session, id, choice)));
    });

  withCommonOptions(mail.command('remove <address>'))
    .description('take an address (or its id) away')
    .action(async (address: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await removeMailAddress(session, (await findAddress(session, address)).id);
      output.done('The address is gone.');
    });

  return mail;
}

function withChoice(command: Command): Command {
  return withCommonOptions(command)
    .addOption(
      new Option('--when <when>', 'as soon as something happens, each hour, or once a day').choices(
        ['at_once', 'hourly', 'daily'],
      ),
    )
    .addOption(
      new Option('--event <event...>', 'only of these').choices([
        'offer',
        'answer',
        'request',
        'warning',
        'withdrawal',
      ]),
    );
}

function choiceOf({ when, event }: ChoiceOptions): MailChoice {
  return { ...(when && { mode: when }), ...(event && { events: event }) };
}

/** The address by its text or its id. @throws CommandError */
async function findAddress(session: Session, text: string): Promise<MailAddressBody> {
  const { addresses } = await listMailAddresses(session);
  const wanted = text.toLowerCase();
  const found = addresses.find(
    ({ id, address }) => id === text || address.toLowerCase() === wanted,
  );
  if (found) return found;
  throw new CommandError(`The project has no mail address ${text}.`);
}

function rowOf(mail: MailAddressBody) {
  return {
    id: mail.id,
    address: mail.address,
    when: mail.mode,
    events: mail.events?.join(',') ?? null,
    verified: mail.verified_at,
    sent: mail.sent_at,
    failing: mail.failing_since,
    error: mail.last_error,
  };
}
