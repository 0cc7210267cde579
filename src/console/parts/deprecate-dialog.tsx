import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { deprecateImage } from '../../client/families.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import type { FamilyVersion, SeenFamily } from '../families.ts';
import { useTell } from '../messages.ts';
import { endAfter } from '../terms.ts';
import { Dialog } from './dialog.tsx';
import { versionName } from './family-dialogs.tsx';
import { Problem } from './problem.tsx';

/** Days from now. */
const delays = [
  ['0', 'At once'],
  ['7', 'In a week'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
] as const;

interface DeprecateDialogProps {
  readonly seen: SeenFamily;
  readonly version: FamilyVersion;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Says from when on nobody should begin with a version, and what to use instead. */
export function DeprecateDialog(props: DeprecateDialogProps): ReactNode {
  const { seen, version, onClose, onDone } = props;
  const { session } = useAccount();
  const tell = useTell();
  const [delay, setDelay] = useState('30');
  const [replacement, setReplacement] = useState('');
  const whenId = useId();
  const insteadId = useId();
  const name = versionName(seen, version);
  const others = new Map(
    seen.family.versions
      .filter(({ image_id: id }) => id !== version.image_id)
      .map((other) => [other.image_id, versionName(seen, other)]),
  );
  const deprecate = useTask(async () => {
    await deprecateImage(session, seen.family, {
      imageId: version.image_id,
      at: endAfter(delay, Date.now()),
      replacementId: replacement === '' ? null : replacement,
    });
    tell({ text: `Members are told that ${name} is deprecated.` });
    onDone();
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void deprecate.run();
  };
  return (
    <Dialog title={`Deprecate ${name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <p>Nobody should begin with it then. It stays with whoever has it, and can be read.</p>
        <label htmlFor={whenId}>
          From when on
          <select id={whenId} value={delay} onChange={(event) => setDelay(event.target.value)}>
            {delays.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label htmlFor={insteadId}>
          What to use instead
          <select
            id={insteadId}
            value={replacement}
            onChange={(event) => setReplacement(event.target.value)}
          >
            <option value="">Whatever is current</option>
            {[...others].map(([id, text]) => (
              <option key={id} value={id}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <Problem error={deprecate.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={deprecate.isRunning}>
            Deprecate
          </button>
        </div>
      </form>
    </Dialog>
  );
}
