import { type ReactNode, useCallback, useState } from 'react';
import { timeText } from '../../client/text.ts';
import {
  listWebhooks,
  removeWebhook,
  testWebhook,
  type WebhookBody,
} from '../../client/webhooks.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { useRemainingFocus } from '../browser/use-remaining-focus.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { kindsText } from '../webhook-kinds.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { NewWebhookDialog } from './new-webhook-dialog.tsx';
import { Problem } from './problem.tsx';
import { WebhookFailuresDialog } from './webhook-failures-dialog.tsx';

type Opened = { readonly kind: 'failures' | 'remove'; readonly webhook: WebhookBody };

/** Where programs of the project are told of what happens. */
export function Webhooks(): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const load = useCallback(() => listWebhooks(session), [session]);
  const { value: webhooks, problem, reload } = useLoaded(load);
  const { remaining, expectRemoval } = useRemainingFocus(webhooks);
  const [isAdding, setAdding] = useState(false);
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  return (
    <section className="card">
      <h2>Webhooks</h2>
      <Problem error={problem} onRetry={reload} />
      {webhooks?.length === 0 && (
        <p className="quiet-text">
          None yet. A program of yours that listens at a URL is told there of offers, answers and
          all else, in signed messages.
        </p>
      )}
      {webhooks && webhooks.length > 0 && (
        <ul className="receivers">
          {webhooks.map((webhook) => (
            <WebhookItem
              key={webhook.id}
              webhook={webhook}
              onOpen={(kind) => setOpened({ kind, webhook })}
              onTested={reload}
            />
          ))}
        </ul>
      )}
      <p className="actions">
        <button type="button" ref={remaining} onClick={() => setAdding(true)}>
          New webhook
        </button>
      </p>
      {isAdding && <NewWebhookDialog onClose={() => setAdding(false)} onMade={reload} />}
      {opened?.kind === 'failures' && (
        <WebhookFailuresDialog webhook={opened.webhook} onClose={close} />
      )}
      {opened?.kind === 'remove' && (
        <ConfirmDialog
          title="Remove the webhook?"
          verb="Remove"
          isDanger
          onClose={close}
          onConfirm={async () => {
            await removeWebhook(session, opened.webhook.id);
            tell({ text: 'The webhook is removed.' });
            expectRemoval();
            reload();
          }}
        >
          <p>
            <code className="breakable">{opened.webhook.url}</code> is told of nothing any more, and
            what it has not taken yet is forgotten.
          </p>
        </ConfirmDialog>
      )}
    </section>
  );
}

interface WebhookItemProps {
  readonly webhook: WebhookBody;
  readonly onOpen: (kind: Opened['kind']) => void;
  readonly onTested: () => void;
}

function WebhookItem({ webhook, onOpen, onTested }: WebhookItemProps): ReactNode {
  const { session } = useAccount();
  const [outcome, setOutcome] = useState<string>();
  const trying = useTask(async () => {
    setOutcome(undefined);
    const { delivered, status, error } = await testWebhook(session, webhook.id);
    setOutcome(
      delivered ? `It took the message (${status}).` : `It did not take the message: ${error}`,
    );
    onTested();
  });
  const { url } = webhook;
  return (
    <li>
      <code className="breakable">{url}</code>
      <div className="note">{kindsText(webhook.types)}</div>
      <div className="note">{stateText(webhook)}</div>
      <Problem error={trying.problem} />
      <p role="status" className="note">
        {outcome}
      </p>
      <div className="actions row-actions">
        <button
          type="button"
          aria-label={`Send a test message to ${url}`}
          disabled={trying.isRunning}
          onClick={() => void trying.run()}
        >
          Test
        </button>
        <button type="button" aria-label={`Not taken by ${url}`} onClick={() => onOpen('failures')}>
          Not taken
        </button>
        <button
          type="button"
          className="danger-text"
          aria-label={`Remove the webhook ${url}`}
          onClick={() => onOpen('remove')}
        >
          Remove
        </button>
      </div>
    </li>
  );
}

function stateText({ failing_since: failing, last_error: error, delivered_at: at }: WebhookBody) {
  if (failing !== null) return `Takes nothing since ${timeText(failing)}: ${error}`;
  return at === null ? 'Nothing was to be told yet.' : `Last told ${timeText(at)}.`;
}
