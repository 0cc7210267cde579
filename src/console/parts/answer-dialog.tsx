import { type FormEvent, type ReactNode, useState } from 'react';
import { approveRequest, declineRequest } from '../../client/access.ts';
import { shortId, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import type { RequestRow } from '../requests.ts';
import { termsOf, wordOf } from '../terms.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';
import { EndField, NoteField } from './terms-fields.tsx';

interface AnswerDialogProps {
  readonly request: RequestRow;
  readonly onClose: () => void;
  readonly onAnswered: () => void;
}

/** Shows a request whole, and takes the answer to it. */
export function AnswerDialog({ request, onClose, onAnswered }: AnswerDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [note, setNote] = useState('');
  const [days, setDays] = useState('');
  const { id, project, reason, created_at: at } = request;
  const asker = project.name ?? project.id ?? 'somebody';
  const image = request.imageName ?? shortId(request.image_id);

  const answer = useTask(async (isApproved: boolean) => {
    if (isApproved) await approveRequest(session, id, termsOf({ note, days }, Date.now()));
    else await declineRequest(session, id, wordOf(note));
    const text = isApproved
      ? `${asker} has ${image} in its list now.`
      : `${asker} is told that you decline.`;
    tell({ text });
    onAnswered();
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void answer.run(true);
  };
  return (
    <Dialog title={`${asker} asks for ${image}`} onClose={onClose}>
      <p className="quiet-text">
        Asked {timeText(at)}; project {project.id}
      </p>
      <blockquote>{reason}</blockquote>
      <form onSubmit={submit}>
        <div className="terms">
          <NoteField label="A word to them, if you like" note={note} onChange={setNote} />
          <EndField label="How long" days={days} onChange={setDays} />
        </div>
        <p className="quiet-text">
          Approving shares the image with the project; it has accepted by asking.
        </p>
        <Problem error={answer.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Later
          </button>
          <button
            type="button"
            className="danger-text"
            disabled={answer.isRunning}
            onClick={() => void answer.run(false)}
          >
            Decline
          </button>
          <button type="submit" className="primary" disabled={answer.isRunning}>
            Approve
          </button>
        </div>
      </form>
    </Dialog>
  );
}
