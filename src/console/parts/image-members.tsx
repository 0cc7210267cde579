import { type ReactNode, useCallback, useState } from 'react';
import { listShares, type ShareBody } from '../../client/sharing.ts';
import { timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { StatusMark } from './marks.tsx';
import { Problem } from './problem.tsx';
import { WithdrawDialog } from './withdraw-dialog.tsx';

interface ImageMembersProps {
  readonly imageId: string;
  /** Another number looks again. */
  readonly round: number;
}

/** Whom an image is shared with, and what they said. */
export function ImageMembers({ imageId, round }: ImageMembersProps): ReactNode {
  const { session } = useAccount();
  const [withdrawn, setWithdrawn] = useState<ShareBody>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round is a reason to look.
  const load = useCallback(() => listShares(session, imageId), [session, imageId, round]);
  const { value: members, problem, reload } = useLoaded(load);
  return (
    <section className="card">
      <h2>Shared with</h2>
      <Problem error={problem} onRetry={reload} />
      {members?.length === 0 && (
        <p className="quiet-text">Nobody yet. Share it by its button above.</p>
      )}
      {members && members.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Project</th>
              <th scope="col">Answer</th>
              <th scope="col" className="since">
                Since
              </th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="unseen">Withdraw</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <MemberRow
                key={member.member.id}
                share={member}
                onWithdraw={() => setWithdrawn(member)}
              />
            ))}
          </tbody>
        </table>
      )}
      {withdrawn && (
        <WithdrawDialog share={withdrawn} onClose={() => setWithdrawn(undefined)} onDone={reload} />
      )}
    </section>
  );
}

interface MemberRowProps {
  readonly share: ShareBody;
  readonly onWithdraw: () => void;
}

function MemberRow({ share, onWithdraw }: MemberRowProps): ReactNode {
  const { status, note, offered_at: since, expires_at: end, withdrawal } = share;
  const { name } = share.member;
  const id = share.member.id ?? '';
  return (
    <tr>
      <td className="breakable" title={id}>
        {name ?? <code>{id}</code>}
        {note !== null && <div className="note">{note}</div>}
        {withdrawal !== null && (
          <div className="note">withdrawn at its end{withdrawal !== '' && `: ${withdrawal}`}</div>
        )}
      </td>
      <td>
        <StatusMark status={status} />
      </td>
      <td className="since time">{timeText(since)}</td>
      <td className="time">{end === null ? 'never' : timeText(end)}</td>
      <td className="number">
        <button
          type="button"
          className="danger-text"
          aria-label={`Withdraw it from ${name ?? id}`}
          onClick={onWithdraw}
        >
          Withdraw
        </button>
      </td>
    </tr>
  );
}
