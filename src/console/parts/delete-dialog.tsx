import type { ReactNode } from 'react';
import { deleteImage } from '../../client/images.ts';
import { countText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import { forgetImages } from '../image-memory.ts';
import { useTell } from '../messages.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';
import type { Shared } from './share-dialog.tsx';
import { WhoIsHit } from './who-is-hit.tsx';

interface DeleteDialogProps {
  readonly images: readonly Shared[];
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Asks before images are deleted, which cannot be taken back. */
export function DeleteDialog({ images, onClose, onDeleted }: DeleteDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [only] = images;
  const what =
    images.length === 1 ? (only?.name ?? only?.id ?? '') : countText(images.length, 'image');

  const work = useTask(async () => {
    for (const { id } of images) await deleteImage(session, id);
    forgetImages(session);
    tell({ text: `Deleted ${what}.` });
    onDeleted();
  });
  return (
    <Dialog title={`Delete ${what}?`} onClose={onClose}>
      <p>
        The data goes with it, for every project that it is shared with, too. This cannot be taken
        back.
      </p>
      {images.length > 1 && (
        <ul className="names">
          {images.slice(0, 10).map(({ id, name }) => (
            <li key={id}>{name ?? id}</li>
          ))}
          {images.length > 10 && <li>and {images.length - 10} more</li>}
        </ul>
      )}
      <WhoIsHit images={images} />
      <Problem error={work.problem} />
      <div className="actions">
        <button type="button" onClick={onClose}>
          Keep
        </button>
        <button
          type="button"
          className="danger"
          disabled={work.isRunning}
          onClick={() => void work.run()}
        >
          {work.isRunning ? 'Deleting …' : 'Delete'}
        </button>
      </div>
    </Dialog>
  );
}
