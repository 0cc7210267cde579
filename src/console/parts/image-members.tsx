import { type ReactNode, useCallback } from 'react';
import { removeMember } from '../../client/members.ts';
import type { Session } from '../../client/session.ts';
import { listShares, putShare } from '../../client/sharing.ts';
import { shortId, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { StatusMark } from './marks.tsx';
import { Problem } from './problem.tsx';

interface NamedMember {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly since: string;
  readonly note: string | null;
  readonly end: string | null;
}

async function loadMembers(session: Session, imageId: string): Promise<readonly NamedMember[]> {
  const shares = await listShares(session, imageId);
  return shares.map(({ member, status, note, offered_at: since, expires_at: end }) => ({
    ...{ status, since, note, end },
    id: member.id ?? '',
    name: member.name,
  }));
}

interface ImageMembersProps {
  readonly imageId: string;
  /** Another number looks again. */
  readonly round: number;
}

/** Whom an image is shared with, and what they said. */
export function ImageMembers({ imageId, round }: ImageMembersProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round is a reason to look.
  const load = useCallback(() => loadMembers(session, imageId), [session, imageId, round]);
  const { value: members, problem, reload } = useLoaded(load);
  const withdraw = useTask(async ({ id, name, note, end }: NamedMember) => {
    await removeMember(session, imageId, id);
    reload();
    tell({
      text: `${name ?? shortId(id)} can no longer open it.`,
      async undo() {
        await putShare(session, { imageId, project: id }, { note, expires_at: end });
        reload();
      },
    });
  });
  return (
    <section className="card">
      <h2>Shared with</h2>
      <Problem error={problem} onRetry={reload} />
      <Problem error={withdraw.problem} />
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
                key={member.id}
                member={member}
                onWithdraw={() => void withdraw.run(member)}
              />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface MemberRowProps {
  readonly member: NamedMember;
  readonly onWithdraw: () => void;
}

function MemberRow({ member, onWithdraw }: MemberRowProps): ReactNode {
  const { id, name, status, since, note, end } = member;
  return (
    <tr>
      <td className="breakable" title={id}>
        {name ?? <code>{id}</code>}
        {note !== null && <div className="note">{note}</div>}
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
