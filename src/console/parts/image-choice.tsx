import { type ReactNode, useCallback, useId, useState } from 'react';
import { getImagePage, type ImageBody } from '../../client/images.ts';
import { timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { Problem } from './problem.tsx';

interface ImageChoiceProps {
  readonly label: string;
  /** The id of the chosen image; '' for none. */
  readonly value: string;
  readonly onChange: (id: string) => void;
}

/** How many images are offered to choose of: whoever has more narrows them by a part of the name. */
const mostShown = 100;

/** Chooses an image of the project that has its data, by a part of its name; the newest are there at once. */
export function ImageChoice({ label, value, onChange }: ImageChoiceProps): ReactNode {
  const { session, project } = useAccount();
  const [typed, setTyped] = useState('');
  const load = useCallback(
    async () =>
      (
        await getImagePage(session, {
          ...{ owner: project.id, status: 'active', sort: 'created_at:desc', limit: '1000' },
        })
      ).images,
    [session, project.id],
  );
  const { value: images, problem, reload } = useLoaded(load);
  const fieldId = useId();
  const searchId = useId();
  const wanted = typed.trim().toLowerCase();
  const fitting = images?.filter((image) => fits(image, wanted)).slice(0, mostShown);
  const choose = (text: string) => {
    setTyped(text);
    onChange('');
  };
  return (
    <>
      <label htmlFor={searchId}>
        Part of its name, or its id
        <input
          id={searchId}
          type="search"
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => choose(event.target.value)}
        />
      </label>
      <label htmlFor={fieldId}>
        {label}
        <select
          id={fieldId}
          value={value}
          required
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">{promptFor(fitting)}</option>
          {fitting?.map(({ id, name, created_at: at }) => (
            <option key={id} value={id}>
              {name ?? id}, {timeText(at)}
            </option>
          ))}
        </select>
      </label>
      <Problem error={problem} onRetry={reload} />
    </>
  );
}

function fits({ id, name }: ImageBody, wanted: string): boolean {
  return (name ?? '').toLowerCase().includes(wanted) || id.startsWith(wanted);
}

function promptFor(fitting: readonly ImageBody[] | undefined): string {
  if (!fitting) return 'Loading …';
  if (fitting.length === 0) return 'None of your active images fits';
  return fitting.length === mostShown ? `Choose one of the first ${mostShown}` : 'Choose one';
}
