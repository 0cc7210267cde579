import type { ReactNode } from 'react';
import { useTask } from '../browser/use-task.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What the button says that does it. */
  readonly verb: string;
  /** What the other one says. */
  readonly keep?: string;
  /** Whether it takes something away. */
  readonly isDanger?: boolean;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  /** What comes of it. */
  readonly children: ReactNode;
}

/** Asks before something is done; closes when it went well. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const { title, verb, keep = 'Cancel', isDanger = false, onConfirm, onClose, children } = props;
  const work = useTask(async () => {
    await onConfirm();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Problem error={work.problem} />
      <div className="actions">
        <button type="button" onClick={onClose}>
          {keep}
        </button>
        <button
          type="button"
          className={isDanger ? 'danger' : 'primary'}
          disabled={work.isRunning}
          onClick={() => void work.run()}
        >
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
