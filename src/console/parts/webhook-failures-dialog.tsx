import { type ReactNode, useCallback } from 'react';
import { countText, timeText } from '../../client/text.ts';
import {
  listWebhookFailures,
  redeliverWebhook,
  type WebhookBody,
  type WebhookFailureBody,
} from '../../client/webhooks.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

interface WebhookFailuresDialogProps {
  readonly webhook: WebhookBody;
  readonly onClose: () => void;
}

/** What a webhook did not take, and may be sent again. */
export function WebhookFailuresDialog({ webhook, onClose }: WebhookFailuresDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const load = useCallback(() => listWebhookFailures(session, webhook.id), [session, webhook.id]);
  const { value: failures, problem, reload } = useLoaded(load);
  const again = useTask(async (events?: readonly string[]) => {
    const count = await redeliverWebhook(session, webhook.id, events);
    tell({ text: `${countText(count, 'event')} will be sent again.` });
    reload();
  });
  return (
    <Dialog title="Not taken" onClose={onClose}>
      <p className="quiet-text breakable">
        What {webhook.url} refused, or did not answer to for too long, the newest first.
      </p>
      <Problem error={problem} onRetry={reload} />
      <Problem error={again.problem} />
      {failures?.length === 0 && <p>Nothing: all that was to be told was taken.</p>}
      {failures && failures.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">
                <span className="unseen">Send again</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {failures.map((failure) => (
              <FailureRow
                key={failure.event_id}
                failure={failure}
                isBusy={again.isRunning}
                onAgain={() => void again.run([failure.event_id])}
              />
            ))}
          </tbody>
        </table>
      )}
      <div className="actions">
        <button type="button" onClick={onClose}>
          Close
        </button>
        {failures && failures.length > 0 && (
          <button
            type="button"
            className="primary"
            disabled={again.isRunning}
            onClick={() => void again.run()}
          >
            Send all again
          </button>
        )}
      </div>
    </Dialog>
  );
}

interface FailureRowProps {
  readonly failure: WebhookFailureBody;
  readonly isBusy: boolean;
  readonly onAgain: () => void;
}

function FailureRow({ failure, isBusy, onAgain }: FailureRowProps): ReactNode {
  const { type, error, attempts, failed_at: at } = failure;
  return (
    <tr>
      <td className="breakable">
        {type}
        <div className="note">
          {error} {countText(attempts, 'attempt')}, {timeText(at)}
        </div>
      </td>
      <td className="number">
        {failure.again ? (
          'waits'
        ) : (
          <button
            type="button"
            disabled={isBusy}
            aria-label={`Send again: ${type} of ${timeText(at)}`}
            onClick={onAgain}
          >
            Send again
          </button>
        )}
      </td>
    </tr>
  );
}
