import { Command } from 'commander';
import {
  addWebhook,
  getWebhook,
  listWebhookFailures,
  listWebhooks,
  redeliverWebhook,
  removeWebhook,
  testWebhook,
  type WebhookBody,
} from '../client/webhooks.ts';
import { type CommonOptions, openContext, withCommonOptions } from './command-context.ts';

interface AddOptions extends CommonOptions {
  readonly type?: readonly string[];
}

/** `vitrine webhook …`: where a project is told what happens to its shares. */
export function webhookCommands(): Command {
  const webhook = new Command('webhook').description('have URLs told what happens to shares');

  withCommonOptions(webhook.command('list', { isDefault: true }))
    .description('list the webhooks of the project, and how they fare')
    .action(async (options: CommonOptions) => {
      const { session, output } = openContext(options);
      const columns = ['id', 'url', 'types', 'delivered', 'attempts', 'failing', 'error'];
      output.table((await listWebhooks(session)).map(rowOf), columns);
    });

  withCommonOptions(webhook.command('create <url>'))
    .description('have what happens from now on told to a URL; prints its secret, once')
    .option('--type <type...>', 'only events of these types, such as vitrine.share.offered')
    .action(async (url: string, options: AddOptions) => {
      const { session, output } = openContext(options);
      const { id, types, secret } = await addWebhook(session, url, options.type ?? null);
      output.fields({ id, url, types: types?.join(',') ?? null, secret });
    });

  withCommonOptions(webhook.command('show <id>'))
    .description('show a webhook, and how it fares')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      output.fields(rowOf(await getWebhook(session, id)));
    });

  withCommonOptions(webhook.command('delete <id>'))
    .description('take a webhook away, with all that was not delivered')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      await removeWebhook(session, id);
      output.done('The webhook is gone.');
    });

  withCommonOptions(webhook.command('test <id>'))
    .description('send a message now, and say what came of it')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const { delivered, status, error } = await testWebhook(session, id);
      output.fields({ delivered, status, error });
      if (!delivered) throw new Error('The message was not delivered.');
    });

  addFailures(webhook);
  return webhook;
}

function addFailures(webhook: Command): void {
  withCommonOptions(webhook.command('failures <id>'))
    .description('list the events that were given up, the newest first')
    .action(async (id: string, options: CommonOptions) => {
      const { session, output } = openContext(options);
      const rows = (await listWebhookFailures(session, id)).map((failure) => ({
        event: failure.event_id,
        type: failure.type,
        attempts: failure.attempts,
        status: failure.status,
        failed: failure.failed_at,
        again: failure.again,
        error: failure.error,
      }));
      output.table(rows, ['event', 'type', 'attempts', 'status', 'failed', 'again', 'error']);
    });

  withCommonOptions(webhook.command('redeliver <id> [event...]'))
    .description('send events that were given up again, once: these, or all of them')
    .action(async (id: string, events: readonly string[], options: CommonOptions) => {
      const { session, output } = openContext(options);
      const count = await redeliverWebhook(session, id, events.length > 0 ? events : undefined);
      output.done(`${count} will be sent again.`);
    });
}

function rowOf(webhook: WebhookBody) {
  return {
    id: webhook.id,
    url: webhook.url,
    types: webhook.types?.join(',') ?? null,
    delivered: webhook.delivered_at,
    attempts: webhook.attempts,
    failing: webhook.failing_since,
    error: webhook.last_error,
  };
}
