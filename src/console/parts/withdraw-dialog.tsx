import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { removeMember } from '../../client/members.ts';
import { putShare, type ShareBody, withdrawShare } from '../../client/sharing.ts';
import { countText, shortId, sizeText, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { endAfter } from '../terms.ts';
import { Dialog } from './dialog.tsx';
import { StatusMark } from './marks.tsx';
import { Problem } from './problem.tsx';
import { NoteField } from './terms-fields.tsx';

/** Days from now; '' for no notice. */
const notices = [
  ['', 'At once'],
  ['7', 'In a week'],
  ['14', 'In 14 days'],
  ['30', 'In 30 days'],
] as const;

interface WithdrawDialogProps {
  readonly share: ShareBody;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Shows what a member has of an image before it is taken away, at once or with notice. */
export function WithdrawDialog({ share, onClose, onDone }: WithdrawDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [days, setDays] = useState('');
  const [reason, setReason] = useState('');
  const whenId = useId();
  const project = share.member.id ?? '';
  const name = share.member.name ?? shortId(project);
  const asked = { imageId: share.image_id, project };

  const withdraw = useTask(async () => {
    const at = endAfter(days, Date.now());
    if (at === null) await removeMember(session, asked.imageId, project);
    else await withdrawShare(session, asked, { at, reason: reason.trim() });
    onDone();
    onClose();
    tell({
      text: at === null ? `${name} can no longer open it.` : `${name} is told that it ends.`,
      async undo() {
        await putShare(session, asked, { note: share.note, expires_at: share.expires_at });
        onDone();
      },
    });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void withdraw.run();
  };
  return (
    <Dialog title={`Withdraw it from ${name}?`} onClose={onClose}>
      <form onSubmit={submit}>
        <Had share={share} />
        <label htmlFor={whenId}>
          When
          <select id={whenId} value={days} onChange={(event) => setDays(event.target.value)}>
            {notices.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        {days !== '' && (
          <NoteField label="Why, for them to read" note={reason} onChange={setReason} />
        )}
        <Problem error={withdraw.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Keep
          </button>
          <button type="submit" className="danger" disabled={withdraw.isRunning}>
            Withdraw
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the member answered, and what it has downloaded. */
function Had({ share }: { readonly share: ShareBody }): ReactNode {
  const { status, offered_at: since, downloads } = share;
  const last = downloads?.last_at ?? null;
  return (
    <dl className="had">
      <div>
        <dt>Answer</dt>
        <dd>
          <StatusMark status={status} />
        </dd>
      </div>
      <div>
        <dt>Shared since</dt>
        <dd>{timeText(since)}</dd>
      </div>
      <div>
        <dt>Downloads</dt>
        <dd>
          {last === null
            ? 'none'
            : `${countText(downloads?.count ?? 0, 'download')}, ${sizeText(downloads?.bytes)}, the last one ${timeText(last)}`}
        </dd>
      </div>
    </dl>
  );
}
