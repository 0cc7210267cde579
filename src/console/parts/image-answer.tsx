import { type ReactNode, useCallback } from 'react';
import type { ImageBody } from '../../client/images.ts';
import { listMembers } from '../../client/members.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { answer, useWaiting } from '../offers.ts';
import type { OfferStatus } from '../place.ts';
import { Problem } from './problem.tsx';

const said: Readonly<Record<OfferStatus, string>> = {
  pending: 'is shared with your project and waits for an answer. It is not in your list yet.',
  set_aside: 'is shared with your project and was set aside. It is not in your list.',
  accepted: 'is shared with your project, which has accepted it.',
  rejected: 'is shared with your project, which has rejected it. It is not in your list.',
};

/** The project's own answer to an image of another one. */
export function ImageAnswer({ image }: { readonly image: ImageBody }): ReactNode {
  const { session, project } = useAccount();
  const tell = useTell();
  const { look } = useWaiting();
  const load = useCallback(() => listMembers(session, image.id), [session, image.id]);
  const { value: members, reload } = useLoaded(load);
  const own = members?.find(({ member_id: id }) => id === project.id);

  const decide = useTask(async (status: OfferStatus, before: OfferStatus) => {
    const set = async (next: OfferStatus) => {
      await answer(session, image.id, next);
      reload();
      look();
    };
    await set(status);
    const text = `${status === 'accepted' ? 'Accepted' : 'Rejected'} ${image.name ?? image.id}.`;
    tell({ text, undo: () => set(before) });
  });
  if (!own) return null;
  const { status } = own;
  return (
    <div className="answer">
      <p>This image {said[status]}</p>
      {status !== 'accepted' && (
        <button
          type="button"
          className="primary"
          onClick={() => void decide.run('accepted', status)}
        >
          Accept
        </button>
      )}
      {status !== 'rejected' && (
        <button type="button" onClick={() => void decide.run('rejected', status)}>
          Reject
        </button>
      )}
      <Problem error={decide.problem} />
    </div>
  );
}
