import { type ReactNode, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { durationText, sizeText } from '../client/text.ts';
import { useAccount } from './account.ts';
import { adviceOn } from './advice.ts';
import { uploadQueue } from './browser/upload-queue.ts';
import { PlaceLink } from './parts/place-link.tsx';
import { ShareDialog } from './parts/share-dialog.tsx';
import { type Upload, UploadsProvider, type UploadsState, useUploads } from './uploads.ts';

/** Sends files while the reader goes from page to page. */
export function Uploads({ children }: { readonly children: ReactNode }): ReactNode {
  const { session } = useAccount();
  const queue = useMemo(() => uploadQueue(session), [session]);
  const uploads = useSyncExternalStore(queue.subscribe, queue.list);
  const made = uploads.filter(({ imageId }) => imageId !== undefined).length;
  const done = uploads.filter(({ stage }) => stage === 'done').length;
  const isBusy = uploads.some(({ stage }) => !['done', 'failed'].includes(stage));
  useEffect(() => (isBusy ? keepPage() : undefined), [isBusy]);

  const version = made * 1000 + done;
  const state: UploadsState = useMemo(
    () => ({ ...queue, uploads, version }),
    [queue, uploads, version],
  );
  return (
    <UploadsProvider value={state}>
      {children}
      {uploads.length > 0 && <UploadsPanel />}
    </UploadsProvider>
  );
}

/** The browser asks before it leaves the page, which would end what is under way. */
function keepPage(): () => void {
  const ask = (event: BeforeUnloadEvent) => event.preventDefault();
  window.addEventListener('beforeunload', ask);
  return () => window.removeEventListener('beforeunload', ask);
}

function UploadsPanel(): ReactNode {
  const { uploads } = useUploads();
  return (
    <section className="uploads" aria-label="Uploads">
      <ul>
        {uploads.map((upload) => (
          <UploadItem key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

function UploadItem({ upload }: { readonly upload: Upload }): ReactNode {
  const { draft, stage, pace, imageId } = upload;
  const percent = Math.floor(pace.share * 100);
  return (
    <li className={`upload ${stage}`}>
      <div className="upload-line">
        {imageId === undefined ? (
          <strong>{draft.name}</strong>
        ) : (
          <PlaceLink place={{ page: 'image', id: imageId }}>{draft.name}</PlaceLink>
        )}
        <UploadActions upload={upload} />
      </div>
      <progress max={100} value={stage === 'done' ? 100 : percent} aria-label={draft.name} />
      <p className="upload-state" role={stage === 'failed' ? 'alert' : undefined}>
        {stateText(upload)}
      </p>
    </li>
  );
}

function stateText({ draft, stage, pace, problem }: Upload): string {
  const { size } = draft.file;
  switch (stage) {
    case 'waiting':
      return `Waits for its turn · ${sizeText(size)}`;
    case 'paused':
      return `Paused at ${sizeText(pace.share * size)} of ${sizeText(size)}`;
    case 'interrupted':
      return `${adviceOn(problem).problem} Goes on by itself as soon as it can.`;
    case 'storing':
      return 'All is sent; the service writes it to the disk …';
    case 'done':
      return `Done · ${sizeText(size)}`;
    case 'failed': {
      const { problem: what, next } = adviceOn(problem);
      return `${what} ${next}`;
    }
    case 'sending': {
      const parts = [`${sizeText(pace.share * size)} of ${sizeText(size)}`];
      if (pace.speed !== undefined) parts.push(`${sizeText(pace.speed)}/s`);
      if (pace.left !== undefined) parts.push(`${durationText(pace.left)} left`);
      return parts.join(' · ');
    }
  }
}

function UploadActions({ upload }: { readonly upload: Upload }): ReactNode {
  const { key, stage, draft, imageId } = upload;
  const { pause, retry, cancel, dismiss } = useUploads();
  const [isSharing, setSharing] = useState(false);
  return (
    <span className="upload-actions">
      {stage === 'done' && (
        <button type="button" onClick={() => setSharing(true)}>
          Share
        </button>
      )}
      {(stage === 'sending' || stage === 'interrupted') && (
        <button
          type="button"
          aria-label={`Pause the upload of ${draft.name}`}
          onClick={() => pause(key)}
        >
          Pause
        </button>
      )}
      {(stage === 'failed' || stage === 'paused') && (
        <button type="button" onClick={() => retry(key)}>
          {stage === 'failed' ? 'Try again' : 'Go on'}
        </button>
      )}
      <button
        type="button"
        className="quiet"
        aria-label={`${stage === 'done' ? 'Dismiss' : 'Cancel'} the upload of ${draft.name}`}
        onClick={() => (stage === 'done' ? dismiss(key) : cancel(key))}
      >
        {stage === 'done' ? '×' : 'Cancel'}
      </button>
      {isSharing && imageId !== undefined && (
        <ShareDialog
          images={[{ id: imageId, name: draft.name }]}
          onClose={() => setSharing(false)}
        />
      )}
    </span>
  );
}
