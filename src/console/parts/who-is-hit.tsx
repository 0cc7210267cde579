import { type ReactNode, useCallback } from 'react';
import type { Session } from '../../client/session.ts';
import { listReaders, type ReaderBody } from '../../client/sharing.ts';
import { countText, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { type Hit, hitsOf, isOpenToAll } from '../readers.ts';
import { StatusMark } from './marks.tsx';
import { Problem } from './problem.tsx';
import type { Shared } from './share-dialog.tsx';

interface WhoIsHitProps {
  readonly images: readonly Shared[];
}

/** Projects that are shown; the rest is counted. */
const mostShown = 20;

/** Who can read these images by a share, what they answered, and when they downloaded last. */
export function WhoIsHit({ images }: WhoIsHitProps): ReactNode {
  const { session } = useAccount();
  const load = useCallback(() => readersOf(session, images), [session, images]);
  const { value: readers, problem, reload } = useLoaded(load);
  if (problem !== undefined) return <Problem error={problem} onRetry={reload} />;
  if (!readers) return <p className="quiet-text">Looking who has it …</p>;
  const hits = hitsOf(readers);
  const isOpen = isOpenToAll(readers);
  return (
    <>
      {isOpen && <p>Everybody in the cloud can read it now.</p>}
      {hits.length === 0 && !isOpen && <p>It is shared with nobody.</p>}
      {hits.length > 0 && (
        <table>
          <caption>It is shared with {countText(hits.length, 'project')}</caption>
          <thead>
            <tr>
              <th scope="col">Project</th>
              <th scope="col">Answer</th>
              <th scope="col">Last download</th>
            </tr>
          </thead>
          <tbody>
            {hits.slice(0, mostShown).map((hit) => (
              <HitRow key={hit.id} hit={hit} isOfMany={images.length > 1} />
            ))}
          </tbody>
        </table>
      )}
      {hits.length > mostShown && <p>and {hits.length - mostShown} more</p>}
    </>
  );
}

/** One after another, since there may be very many. */
async function readersOf(
  session: Session,
  images: readonly Shared[],
): Promise<readonly (readonly ReaderBody[])[]> {
  const found = [];
  for (const { id } of images) found.push(await listReaders(session, id));
  return found;
}

interface HitRowProps {
  readonly hit: Hit;
  readonly isOfMany: boolean;
}

function HitRow({ hit, isOfMany }: HitRowProps): ReactNode {
  const { project, images, answers, lastDownload } = hit;
  return (
    <tr>
      <td className="breakable">
        {project}
        {isOfMany && <div className="note">{countText(images, 'image')}</div>}
      </td>
      <td>
        {answers.map((answer) => (
          <StatusMark key={answer} status={answer} />
        ))}
      </td>
      <td className="time">{lastDownload === null ? 'never' : timeText(lastDownload)}</td>
    </tr>
  );
}
