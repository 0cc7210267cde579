import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { askForImage } from '../../client/access.ts';
import { useAccount } from '../account.ts';
import { goTo } from '../browser/navigation.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

/** What is asked for, where that is known. */
export interface Asked {
  readonly id: string;
  readonly name: string | null;
}

interface AskDialogProps {
  /** Undefined has the reader say which, by its id. */
  readonly image?: Asked | undefined;
  readonly onClose: () => void;
}

/** Asks the owner of an image for it, by its id, with a reason. */
export function AskDialog({ image, onClose }: AskDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [id, setId] = useState(image?.id ?? '');
  const [reason, setReason] = useState('');
  const idField = useId();
  const reasonField = useId();

  const ask = useTask(async () => {
    await askForImage(session, id.trim(), reason.trim());
    tell({ text: 'Asked. What becomes of it is told here by itself.' });
    onClose();
    goTo({ page: 'requests', side: 'made' });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void ask.run();
  };
  return (
    <Dialog title={`Ask for ${image?.name ?? 'an image'}`} onClose={onClose}>
      <form onSubmit={submit}>
        {image?.name === undefined && (
          <label htmlFor={idField}>
            Id of the image, as its owner gave it
            <input
              id={idField}
              value={id}
              onChange={(event) => setId(event.target.value)}
              placeholder="00000000-0000-0000-0000-000000000000"
              spellCheck={false}
              autoComplete="off"
              pattern="\s*[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}\s*"
              title="Five groups of hexadecimal digits with hyphens between them"
              required
            />
          </label>
        )}
        <label htmlFor={reasonField}>
          What you want it for
          <textarea
            id={reasonField}
            rows={3}
            value={reason}
            maxLength={1000}
            onChange={(event) => setReason(event.target.value)}
            required
          />
        </label>
        <p className="quiet-text">
          Its owner reads this, and the name of your project. Whether there is such an image, only
          the answer tells.
        </p>
        <Problem error={ask.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="primary"
            disabled={ask.isRunning || id.trim() === '' || reason.trim() === ''}
          >
            {ask.isRunning ? 'Asking …' : 'Ask'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
