import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import { type Offered, offerImage, removeMember } from '../../client/members.ts';
import type { Session } from '../../client/session.ts';
import { type ShareTermsBody, shareImage } from '../../client/sharing.ts';
import { countText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { adviceOn } from '../advice.ts';
import { useTask } from '../browser/use-task.ts';
import { recipientsIn } from '../recipients.ts';
import { termsOf } from '../terms.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';
import { EndField, NoteField } from './terms-fields.tsx';

/** An image to share. */
export interface Shared {
  readonly id: string;
  readonly name: string | null;
}

interface ShareDialogProps {
  readonly images: readonly Shared[];
  readonly onClose: () => void;
  /** Told when there is another member. */
  readonly onShared?: () => void;
}

/** What became of sharing one image with one project. */
interface Outcome {
  readonly image: Shared;
  readonly recipient: string;
  readonly state: 'shared' | 'already' | 'unknown' | 'failed' | 'withdrawn';
  /** Undefined when there is no member. */
  readonly memberId?: string;
  readonly text: string;
}

/** Shares images with projects, many at once. */
export function ShareDialog({ images, onClose, onShared }: ShareDialogProps): ReactNode {
  const { session } = useAccount();
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState('');
  const [days, setDays] = useState('');
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const fieldId = useId();
  const recipients = recipientsIn(typed);

  const share = useTask(async () => {
    setOutcomes([]);
    const terms = termsOf({ note, days }, Date.now());
    for (const recipient of recipients) {
      for (const image of images) {
        const outcome = await shareOne(session, { image, recipient }, terms);
        setOutcomes((before) => [...before, outcome]);
      }
    }
    setTyped('');
    onShared?.();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void share.run();
  };
  const [only] = images;
  const what =
    images.length === 1 ? (only?.name ?? 'this image') : countText(images.length, 'image');
  return (
    <Dialog title={`Share ${what}`} onClose={onClose}>
      <form onSubmit={submit}>
        <label htmlFor={fieldId}>
          Projects, by exact name or id; commas or lines between them
          <textarea
            id={fieldId}
            rows={3}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            spellCheck={false}
            required
          />
        </label>
        <div className="terms">
          <NoteField label="A note for them, if you like" note={note} onChange={setNote} />
          <EndField label="How long" days={days} onChange={setDays} />
        </div>
        <p className="quiet-text">
          Each project may open it at once, and finds it in its inbox. It is in its list of images
          when it accepts.
        </p>
        <Outcomes outcomes={outcomes} onChange={setOutcomes} />
        <Problem error={share.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            {outcomes.length > 0 ? 'Close' : 'Cancel'}
          </button>
          <button
            type="submit"
            className="primary"
            disabled={recipients.length === 0 || share.isRunning}
          >
            {share.isRunning
              ? 'Sharing …'
              : recipients.length > 1
                ? `Share with ${countText(recipients.length, 'project')}`
                : 'Share'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

async function shareOne(
  session: Session,
  about: Pick<Outcome, 'image' | 'recipient'>,
  terms: ShareTermsBody,
): Promise<Outcome> {
  const { recipient } = about;
  try {
    const { projectId: memberId, isKnown } = await offer(session, about, terms);
    return isKnown
      ? { ...about, state: 'shared', memberId, text: `Shared with ${recipient}.` }
      : {
          ...about,
          state: 'unknown',
          memberId,
          text: `No project is called ${recipient}. It is kept as an id that reaches nobody yet.`,
        };
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) {
      return { ...about, state: 'already', text: `Was shared with ${recipient} before.` };
    }
    const { problem, next } = adviceOn(error);
    return { ...about, state: 'failed', text: `${recipient}: ${problem} ${next}` };
  }
}

/** Sharing once more with nothing to say must not take away what was said before. */
async function offer(
  session: Session,
  { image, recipient }: Pick<Outcome, 'image' | 'recipient'>,
  terms: ShareTermsBody,
): Promise<Offered> {
  const isPlain = terms.note === null && terms.expires_at === null;
  if (isPlain) return await offerImage(session, image.id, recipient);
  const asked = { imageId: image.id, project: recipient };
  const { share, isKnown } = await shareImage(session, asked, terms);
  return { projectId: share.member.id ?? recipient, isKnown };
}

interface OutcomesProps {
  readonly outcomes: readonly Outcome[];
  readonly onChange: (outcomes: readonly Outcome[]) => void;
}

function Outcomes({ outcomes, onChange }: OutcomesProps): ReactNode {
  const { session } = useAccount();
  const withdraw = useTask(async (outcome: Outcome) => {
    await removeMember(session, outcome.image.id, outcome.memberId ?? '');
    const text = `Taken back from ${outcome.recipient}.`;
    const changed = { ...outcome, state: 'withdrawn', text } as const;
    onChange(outcomes.map((one) => (one === outcome ? changed : one)));
  });
  const isOfMany = new Set(outcomes.map(({ image }) => image.id)).size > 1;
  return (
    <>
      <ul className="outcomes" aria-live="polite">
        {outcomes.map((outcome) => (
          <li key={`${outcome.image.id} ${outcome.recipient}`} className={outcome.state}>
            <span>
              {isOfMany && `${outcome.image.name ?? outcome.image.id}: `}
              {outcome.text}
            </span>
            {outcome.state === 'unknown' && (
              <button type="button" onClick={() => void withdraw.run(outcome)}>
                Take it back
              </button>
            )}
          </li>
        ))}
      </ul>
      <Problem error={withdraw.problem} />
    </>
  );
}
