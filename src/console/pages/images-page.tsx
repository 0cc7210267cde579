import { type DragEvent, type ReactNode, useMemo, useState } from 'react';
import { getImagePage, type ImageBody } from '../../client/images.ts';
import { countText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useMedia } from '../browser/use-media.ts';
import {
  filtersText,
  type ImageFilters,
  isWanted,
  listQuery,
  noFilters,
} from '../image-filters.ts';
import { type ImageMemory, type ImageRow, rememberedImages } from '../image-memory.ts';
import { type LoadPage, pageList } from '../page-list.ts';
import { DeleteDialog } from '../parts/delete-dialog.tsx';
import { Empty } from '../parts/empty.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { ImageCells, ImageHead } from '../parts/image-cells.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { ShareDialog } from '../parts/share-dialog.tsx';
import { UploadDialog } from '../parts/upload-dialog.tsx';
import { VirtualRows } from '../parts/virtual-rows.tsx';
import { imagesPlace } from '../place.ts';
import { useUploads } from '../uploads.ts';

function rowOf(image: ImageBody): ImageRow {
  const { id, name, status, visibility, owner, size, disk_format, created_at } = image;
  const row = { id, name, status, visibility, owner, size, disk_format, created_at };
  return { ...row, protected: image.protected };
}

/** The images that the project sees. */
export function ImagesPage({ filters }: { readonly filters: ImageFilters }): ReactNode {
  const [files, setFiles] = useState<readonly File[]>();
  const [isOver, setOver] = useState(false);
  const [round, setRound] = useState(0);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files.length > 0) setFiles([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping files is a short cut; the button does the same.
    <div
      className={isOver ? 'page list-page over' : 'page list-page'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (event.target === event.currentTarget) setOver(false);
      }}
      onDrop={drop}
    >
      <header className="page-head">
        <h1>Images</h1>
        <button type="button" className="primary" onClick={() => setFiles([])}>
          Upload
        </button>
      </header>
      <FilterBar filters={filters} />
      <ImageList
        filters={filters}
        round={round}
        onChanged={() => setRound(round + 1)}
        onUpload={() => setFiles([])}
      />
      {isOver && <p className="drop-note">Drop the files to upload them</p>}
      {files && <UploadDialog files={files} onClose={() => setFiles(undefined)} />}
    </div>
  );
}

interface ImageListProps {
  readonly filters: ImageFilters;
  /** Another number makes another list. */
  readonly round: number;
  readonly onChanged: () => void;
  readonly onUpload: () => void;
}

function ImageList({ filters, round, onChanged, onUpload }: ImageListProps): ReactNode {
  const { project } = useAccount();
  const memory = useImageList(filters, round);
  const [chosen, setChosen] = useState<ReadonlyMap<string, ImageRow>>(new Map());
  const isNarrow = useMedia('(max-width: 759px)');
  const choose = (row: ImageRow, isChosen: boolean) => {
    const next = new Map(chosen);
    if (isChosen) next.set(row.id, row);
    else next.delete(row.id);
    setChosen(next);
  };
  const clear = () => setChosen(new Map());
  return (
    <>
      {chosen.size > 0 && (
        <ChosenBar
          images={[...chosen.values()]}
          onClear={clear}
          onDeleted={() => {
            clear();
            onChanged();
          }}
        />
      )}
      <VirtualRows
        key={memory.key}
        list={memory.list}
        scroll={memory.scroll}
        rowHeight={isNarrow ? 60 : 40}
        label="Images"
        kind="images"
        head={<ImageHead />}
        keyOf={({ id }) => id}
        cells={(row) => (
          <ImageCells
            image={row}
            projectId={project.id}
            isChosen={chosen.has(row.id)}
            onChoose={(isChosen) => choose(row, isChosen)}
          />
        )}
        empty={<NoImages filters={filters} onUpload={onUpload} />}
      />
    </>
  );
}

function useImageList(filters: ImageFilters, round: number): ImageMemory {
  const { session, project } = useAccount();
  const { version } = useUploads();
  return useMemo(() => {
    const load: LoadPage<ImageRow> = async (marker) => {
      const query = listQuery(filters, project.id);
      if (marker !== undefined) query.set('marker', marker);
      const { images, next } = await getImagePage(session, query);
      const rows = images.filter((image) => isWanted(image, filters, project.id)).map(rowOf);
      return { rows, next: next === undefined ? undefined : images.at(-1)?.id };
    };
    const key = `${filtersText(filters)} ${round} ${version}`;
    return rememberedImages(session, key, () => pageList(load));
  }, [filters, round, version, session, project.id]);
}

interface NoImagesProps {
  readonly filters: ImageFilters;
  readonly onUpload: () => void;
}

function NoImages({ filters, onUpload }: NoImagesProps): ReactNode {
  if (filtersText(filters) !== filtersText(noFilters)) {
    return (
      <Empty title="No image fits">
        <p>
          Search for less, or <PlaceLink place={imagesPlace}>show all images</PlaceLink>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No images yet">
      <p>Drop a disk image onto this page, or choose one. What others share is in the inbox.</p>
      <button type="button" className="primary" onClick={onUpload}>
        Upload an image
      </button>
    </Empty>
  );
}

interface ChosenBarProps {
  readonly images: readonly ImageRow[];
  readonly onClear: () => void;
  readonly onDeleted: () => void;
}

function ChosenBar({ images, onClear, onDeleted }: ChosenBarProps): ReactNode {
  const [open, setOpen] = useState<'share' | 'delete'>();
  const close = () => setOpen(undefined);
  return (
    <section className="chosen" aria-label="Chosen images">
      <strong>{countText(images.length, 'image')} chosen</strong>
      <button type="button" onClick={() => setOpen('share')}>
        Share
      </button>
      <button type="button" onClick={() => setOpen('delete')}>
        Delete
      </button>
      <button type="button" className="quiet" onClick={onClear}>
        Choose none
      </button>
      {open === 'share' && <ShareDialog images={images} onClose={close} />}
      {open === 'delete' && <DeleteDialog images={images} onClose={close} onDeleted={onDeleted} />}
    </section>
  );
}
