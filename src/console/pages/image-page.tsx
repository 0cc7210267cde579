import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import { getImage, type ImageBody } from '../../client/images.ts';
import { useAccount } from '../account.ts';
import { goTo } from '../browser/navigation.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { AskDialog } from '../parts/ask-dialog.tsx';
import { DeleteDialog } from '../parts/delete-dialog.tsx';
import { DownloadButton } from '../parts/download-button.tsx';
import { Empty } from '../parts/empty.tsx';
import { ImageAnswer } from '../parts/image-answer.tsx';
import { ImageFacts } from '../parts/image-facts.tsx';
import { ImageMembers } from '../parts/image-members.tsx';
import { ImageProperties } from '../parts/image-properties.tsx';
import { ImageTags } from '../parts/image-tags.tsx';
import { StatusMark } from '../parts/marks.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Problem } from '../parts/problem.tsx';
import { ShareDialog } from '../parts/share-dialog.tsx';
import { UploadDialog } from '../parts/upload-dialog.tsx';
import { imagesPlace } from '../place.ts';
import { isImageId } from '../requests.ts';
import { useUploads } from '../uploads.ts';

/** How often an image is looked at while something is under way for it, ms. */
const interval = 2000;

/** One image with all that belongs to it. */
export function ImagePage({ id }: { readonly id: string }): ReactNode {
  const { session } = useAccount();
  const { version } = useUploads();
  // biome-ignore lint/correctness/useExhaustiveDependencies: an upload that is done changes the image.
  const load = useCallback(() => getImage(session, id), [session, id, version]);
  const { value: image, problem, reload } = useLoaded(load);
  const isMoving = image?.status === 'saving' || image?.status === 'importing';
  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = setInterval(reload, interval);
    return () => clearInterval(timer);
  }, [isMoving, reload]);

  return (
    <div className="page image-page">
      <p className="back">
        <PlaceLink place={imagesPlace}>← Images</PlaceLink>
      </p>
      {!image && <h1>Image</h1>}
      {isMissing(problem) ? (
        <UnseenImage id={id} onRetry={reload} />
      ) : (
        <Problem error={problem} onRetry={reload} />
      )}
      {image ? (
        <Shown image={image} onChanged={reload} />
      ) : (
        problem === undefined && <p className="loading">Loading …</p>
      )}
    </div>
  );
}

function isMissing(problem: unknown): boolean {
  return problem instanceof ApiError && problem.status === 404;
}

interface UnseenImageProps {
  readonly id: string;
  readonly onRetry: () => void;
}

/** Nobody is told whether there is such an image; but whoever has its id may ask. */
function UnseenImage({ id, onRetry }: UnseenImageProps): ReactNode {
  const [isAsking, setAsking] = useState(false);
  return (
    <Empty title="Your project sees no image of this id">
      <p>
        It may have been deleted, or is not shared with your project. <code>{id}</code>
      </p>
      <div className="actions">
        {isImageId(id) && (
          <button type="button" className="primary" onClick={() => setAsking(true)}>
            Ask for it
          </button>
        )}
        <button type="button" onClick={onRetry}>
          Look again
        </button>
      </div>
      {isAsking && <AskDialog image={{ id, name: null }} onClose={() => setAsking(false)} />}
    </Empty>
  );
}

interface ShownProps {
  readonly image: ImageBody;
  readonly onChanged: () => void;
}

function Shown({ image, onChanged }: ShownProps): ReactNode {
  const { project, roles } = useAccount();
  const [round, setRound] = useState(0);
  const isOwn = image.owner === project.id;
  const mayChange = isOwn || roles.includes('admin');
  return (
    <>
      <header className="page-head">
        <h1>
          {image.name ?? image.id} <StatusMark status={image.status} />
        </h1>
        <Actions image={image} mayChange={mayChange} onShared={() => setRound(round + 1)} />
      </header>
      {!isOwn && image.visibility === 'shared' && <ImageAnswer image={image} />}
      <div className="sections">
        <ImageFacts image={image} />
        {mayChange && image.visibility === 'shared' && (
          <ImageMembers imageId={image.id} round={round} />
        )}
        <ImageProperties image={image} mayChange={mayChange} onChanged={onChanged} />
        <ImageTags image={image} mayChange={mayChange} onChanged={onChanged} />
      </div>
    </>
  );
}

interface ActionsProps {
  readonly image: ImageBody;
  readonly mayChange: boolean;
  readonly onShared: () => void;
}

function Actions({ image, mayChange, onShared }: ActionsProps): ReactNode {
  const [open, setOpen] = useState<'share' | 'delete' | 'upload'>();
  const close = () => setOpen(undefined);
  return (
    <div className="actions">
      {image.status === 'active' && <DownloadButton image={image} />}
      {mayChange && image.status === 'queued' && (
        <button type="button" className="primary" onClick={() => setOpen('upload')}>
          Upload data
        </button>
      )}
      {mayChange && (
        <button type="button" className="primary" onClick={() => setOpen('share')}>
          Share
        </button>
      )}
      {mayChange && (
        <button type="button" className="danger-text" onClick={() => setOpen('delete')}>
          Delete
        </button>
      )}
      {open === 'share' && <ShareDialog images={[image]} onClose={close} onShared={onShared} />}
      {open === 'upload' && <UploadDialog files={[]} into={image} onClose={close} />}
      {open === 'delete' && (
        <DeleteDialog
          images={[image]}
          onClose={close}
          onDeleted={() => goTo(imagesPlace, { replace: true })}
        />
      )}
    </div>
  );
}
