import type { ReactNode } from 'react';
import { sizeText, timeText } from '../../client/text.ts';
import type { ImageRow } from '../image-memory.ts';
import { Cell, HeadCell } from './cell.tsx';
import { StatusMark } from './marks.tsx';
import { PlaceLink } from './place-link.tsx';

/** The cells above the list of images. */
export function ImageHead(): ReactNode {
  return (
    <>
      <HeadCell className="choose">
        <span className="unseen">Chosen</span>
      </HeadCell>
      <HeadCell>Name</HeadCell>
      <HeadCell>Status</HeadCell>
      <HeadCell>Access</HeadCell>
      <HeadCell>Format</HeadCell>
      <HeadCell className="number">Size</HeadCell>
      <HeadCell>Made</HeadCell>
    </>
  );
}

interface ImageCellsProps {
  readonly image: ImageRow;
  readonly projectId: string;
  readonly isChosen: boolean;
  readonly onChoose: (isChosen: boolean) => void;
}

/** The cells of an image. */
export function ImageCells({ image, projectId, isChosen, onChoose }: ImageCellsProps): ReactNode {
  const name = image.name ?? image.id;
  return (
    <>
      <Cell className="choose">
        <input
          type="checkbox"
          aria-label={`Choose ${name}`}
          checked={isChosen}
          onChange={(event) => onChoose(event.target.checked)}
        />
      </Cell>
      <Cell className="name">
        <PlaceLink place={{ page: 'image', id: image.id }}>{name}</PlaceLink>
      </Cell>
      <Cell className="status">
        <StatusMark status={image.status} />
      </Cell>
      <Cell className="access">{accessText(image, projectId)}</Cell>
      <Cell className="format">{image.disk_format ?? '–'}</Cell>
      <Cell className="number size">{sizeText(image.size)}</Cell>
      <Cell className="made">{timeText(image.created_at)}</Cell>
    </>
  );
}

/** Whose an image is, and who else may use it. */
export function accessText(
  { visibility, owner }: Pick<ImageRow, 'visibility' | 'owner'>,
  projectId: string,
): string {
  if (visibility !== 'shared') return visibility;
  return owner === projectId ? 'shared' : 'shared with me';
}
