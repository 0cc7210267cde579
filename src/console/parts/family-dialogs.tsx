import { type FormEvent, type ReactNode, useState } from 'react';
import {
  deleteFamily,
  promoteImage,
  rollBackFamily,
  unshareFamily,
} from '../../client/families.ts';
import { countText, shortId } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import type { FamilyVersion, SeenFamily } from '../families.ts';
import { useTell } from '../messages.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { Dialog } from './dialog.tsx';
import { ImageChoice } from './image-choice.tsx';
import { Problem } from './problem.tsx';

interface FamilyDialogProps {
  readonly seen: SeenFamily;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** What a version of a family is called. */
export function versionName({ imageNames }: SeenFamily, { image_id: id }: FamilyVersion): string {
  return imageNames.get(id) ?? shortId(id);
}

/** Whom a change of what is current reaches. */
function Reach({ seen }: { readonly seen: SeenFamily }): ReactNode {
  const count = seen.family.members?.length ?? 0;
  return (
    <p>
      {count === 0
        ? 'The family is shared with nobody yet.'
        : `It is offered to the ${countText(count, 'project')} that the family is shared with.`}
    </p>
  );
}

/** Makes an image of the project current. */
export function NewVersionDialog({ seen, onClose, onDone }: FamilyDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [image, setImage] = useState('');
  const { family } = seen;
  const promote = useTask(async () => {
    await promoteImage(session, family, image);
    tell({ text: `${family.name} has a new current image.` });
    onDone();
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void promote.run();
  };
  return (
    <Dialog title={`New version of ${family.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <ImageChoice label="Image that becomes current" value={image} onChange={setImage} />
        <Reach seen={seen} />
        <Problem error={promote.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={image === '' || promote.isRunning}>
            Make it current
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Goes back to what was current before. */
export function RollBackDialog({ seen, onClose, onDone }: FamilyDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const { family, current } = seen;
  const before = family.versions.find(({ number }) => number === family.rolls_back_to);
  const name = before ? versionName(seen, before) : '';
  return (
    <ConfirmDialog
      title={`Roll ${family.name} back?`}
      verb="Roll back"
      onClose={onClose}
      onConfirm={async () => {
        await rollBackFamily(session, family);
        tell({ text: `${name} is current again.` });
        onDone();
      }}
    >
      <p>
        <strong>{name}</strong> (version {before?.number}) becomes current again in place of{' '}
        {current ? <strong>{current.image.name ?? current.image.id}</strong> : 'none'}, which stays
        with whoever has it.
      </p>
      <Reach seen={seen} />
    </ConfirmDialog>
  );
}

interface MakeCurrentProps extends FamilyDialogProps {
  readonly version: FamilyVersion;
}

/** Makes an image current that was so at some time. */
export function MakeCurrentDialog({ seen, version, onClose, onDone }: MakeCurrentProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const name = versionName(seen, version);
  return (
    <ConfirmDialog
      title={`Make ${name} current?`}
      verb="Make it current"
      onClose={onClose}
      onConfirm={async () => {
        await promoteImage(session, seen.family, version.image_id);
        tell({ text: `${name} is current.` });
        onDone();
      }}
    >
      <p>It becomes a new version of {seen.family.name}.</p>
      <Reach seen={seen} />
    </ConfirmDialog>
  );
}

/** Removes a family; says first who loses what. */
export function DeleteFamilyDialog({ seen, onClose, onDone }: FamilyDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const { family, projectNames } = seen;
  const members = family.members ?? [];
  return (
    <ConfirmDialog
      title={`Delete the family ${family.name}?`}
      verb="Delete"
      keep="Keep"
      isDanger
      onClose={onClose}
      onConfirm={async () => {
        await deleteFamily(session, family);
        tell({ text: `The family ${family.name} is gone; its images are there.` });
        onDone();
      }}
    >
      <p>Its images stay. What a project has of them by this family alone, it loses.</p>
      {members.length > 0 && (
        <>
          <p>It is shared with {countText(members.length, 'project')}:</p>
          <ul className="names">
            {members.slice(0, 10).map(({ id }) => (
              <li key={id}>{projectNames.get(id) ?? id}</li>
            ))}
            {members.length > 10 && <li>and {members.length - 10} more</li>}
          </ul>
        </>
      )}
    </ConfirmDialog>
  );
}

/** Has new versions follow no more, from the consumer's side. */
export function LeaveFamilyDialog({ seen, onClose, onDone }: FamilyDialogProps): ReactNode {
  const { session, project } = useAccount();
  const tell = useTell();
  const { family } = seen;
  return (
    <ConfirmDialog
      title={`Leave the family ${family.name}?`}
      verb="Leave"
      keep="Stay"
      isDanger
      onClose={onClose}
      onConfirm={async () => {
        await unshareFamily(session, family, project.id);
        tell({ text: `New versions of ${family.name} no longer follow to your project.` });
        onDone();
      }}
    >
      <p>
        Your project loses the images that it has by this family alone, and is offered no new
        versions. Only the owner can share it with you again.
      </p>
    </ConfirmDialog>
  );
}
