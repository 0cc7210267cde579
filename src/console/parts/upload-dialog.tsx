import { type FormEvent, type ReactNode, useId, useRef, useState } from 'react';
import { diskFormats, formatOf, nameOf } from '../../client/disk-format.ts';
import { sizeText } from '../../client/text.ts';
import { type UploadDraft, useUploads } from '../uploads.ts';
import { Dialog } from './dialog.tsx';

interface UploadDialogProps {
  /** What was dropped, if anything. */
  readonly files: readonly File[];
  /** The queued image that waits for data; else each file becomes an image of its own. */
  readonly into?: { readonly id: string; readonly name: string | null };
  readonly onClose: () => void;
}

function draftOf(file: File): UploadDraft {
  return { file, name: nameOf(file.name), diskFormat: formatOf(file.name) };
}

/** Asks what the images are to be called, then sends the files. */
export function UploadDialog({ files, into, onClose }: UploadDialogProps): ReactNode {
  const { start } = useUploads();
  const [drafts, setDrafts] = useState<readonly UploadDraft[]>(() => files.map(draftOf));
  const add = (more: readonly File[]) => {
    const added = more.map((file) => draftOf(file));
    if (!into) return setDrafts([...drafts, ...added]);
    // An image has the data of one file.
    const name = into.name ?? into.id;
    return setDrafts(added.slice(-1).map((draft) => ({ ...draft, name, imageId: into.id })));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start(drafts);
    onClose();
  };
  return (
    <Dialog title={into ? 'Upload data' : 'Upload images'} onClose={onClose}>
      <form onSubmit={submit}>
        <FilePlace onFiles={add} />
        {drafts.map((draft, index) => (
          <DraftFields
            // biome-ignore lint/suspicious/noArrayIndexKey: drafts keep their places.
            key={index}
            draft={draft}
            onChange={(changed) =>
              setDrafts(drafts.map((one, place) => (place === index ? changed : one)))
            }
          />
        ))}
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={drafts.length === 0}>
            {drafts.length > 1 ? `Upload ${drafts.length} images` : 'Upload'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function FilePlace({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  return (
    <fieldset
      aria-label="Files"
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <p>Drop disk images here, or</p>
      <button type="button" onClick={() => input.current?.click()}>
        Choose files
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </fieldset>
  );
}

interface DraftFieldsProps {
  readonly draft: UploadDraft;
  readonly onChange: (draft: UploadDraft) => void;
}

function DraftFields({ draft, onChange }: DraftFieldsProps): ReactNode {
  const nameId = useId();
  const formatId = useId();
  const { file, name, diskFormat, imageId } = draft;
  if (imageId !== undefined) {
    return (
      <p>
        {file.name} <span className="quiet-text">{sizeText(file.size)}</span>
      </p>
    );
  }
  return (
    <fieldset className="draft">
      <legend>
        {file.name} <span className="quiet-text">{sizeText(file.size)}</span>
      </legend>
      <label htmlFor={nameId}>
        Name
        <input
          id={nameId}
          value={name}
          maxLength={255}
          required
          onChange={(event) => onChange({ ...draft, name: event.target.value })}
        />
      </label>
      <label htmlFor={formatId}>
        Format
        <select
          id={formatId}
          value={diskFormat}
          onChange={(event) => onChange({ ...draft, diskFormat: event.target.value })}
        >
          {diskFormats.map((format) => (
            <option key={format}>{format}</option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}
