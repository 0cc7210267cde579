import { type FormEvent, type ReactNode, useMemo, useState } from 'react';
import { type ListedBody, listInCatalogue, removeFromCatalogue } from '../../client/access.ts';
import { sizeText, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useMedia } from '../browser/use-media.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { pageList } from '../page-list.ts';
import { loadCatalogue } from '../requests.ts';
import { wordOf } from '../terms.ts';
import { AskDialog } from './ask-dialog.tsx';
import { Cell, HeadCell } from './cell.tsx';
import { Dialog } from './dialog.tsx';
import { Empty } from './empty.tsx';
import { ImageChoice } from './image-choice.tsx';
import { Problem } from './problem.tsx';
import { NoteField } from './terms-fields.tsx';
import { VirtualRows } from './virtual-rows.tsx';

/** The images that their owners list for everybody to ask for. */
export function Catalogue(): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [round, setRound] = useState(0);
  const [asked, setAsked] = useState<ListedBody>();
  const [isListing, setListing] = useState(false);
  const isNarrow = useMedia('(max-width: 759px)');
  const again = () => setRound((number) => number + 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new makes another list.
  const list = useMemo(
    () => pageList<ListedBody>((marker) => loadCatalogue(session, marker)),
    [session, round],
  );
  const remove = useTask(async ({ image, summary }: ListedBody) => {
    await removeFromCatalogue(session, image.id);
    again();
    tell({
      text: `${image.name ?? image.id} is listed no more.`,
      async undo() {
        await listInCatalogue(session, image.id, summary);
        again();
      },
    });
  });
  return (
    <>
      <div className="list-bar">
        <p className="quiet-text">
          Everybody finds the name, size, owner and summary of what is listed here, and nothing
          else.
        </p>
        <button type="button" onClick={() => setListing(true)}>
          List an image of ours
        </button>
      </div>
      <Problem error={remove.problem} />
      <VirtualRows
        list={list}
        rowHeight={isNarrow ? 104 : 52}
        label="Images to be asked for"
        kind="catalogue"
        head={<CatalogueHead />}
        keyOf={({ image }) => image.id}
        cells={(listed) => (
          <CatalogueCells
            listed={listed}
            onAsk={() => setAsked(listed)}
            onRemove={() => void remove.run(listed)}
          />
        )}
        empty={<NothingListed onList={() => setListing(true)} />}
      />
      {asked && <AskDialog image={asked.image} onClose={() => setAsked(undefined)} />}
      {isListing && <ListDialog onClose={() => setListing(false)} onListed={again} />}
    </>
  );
}

function NothingListed({ onList }: { readonly onList: () => void }): ReactNode {
  return (
    <Empty title="Nothing is listed">
      <p>List an image of your project, and everybody can ask you for it.</p>
      <button type="button" className="primary" onClick={onList}>
        List an image
      </button>
    </Empty>
  );
}

function CatalogueHead(): ReactNode {
  return (
    <>
      <HeadCell>Image</HeadCell>
      <HeadCell>Owner</HeadCell>
      <HeadCell className="number">Size</HeadCell>
      <HeadCell>Listed</HeadCell>
      <HeadCell>
        <span className="unseen">Ask</span>
      </HeadCell>
    </>
  );
}

interface CatalogueCellsProps {
  readonly listed: ListedBody;
  readonly onAsk: () => void;
  readonly onRemove: () => void;
}

function CatalogueCells({ listed, onAsk, onRemove }: CatalogueCellsProps): ReactNode {
  const { project } = useAccount();
  const { image, producer, summary, listed_at: at } = listed;
  const name = image.name ?? image.id;
  const isOwn = producer.id === project.id;
  return (
    <>
      <Cell className="name">
        <strong>{name}</strong>
        {summary !== null && (
          <div className="note" title={summary}>
            {summary}
          </div>
        )}
      </Cell>
      <Cell className="from">{producer.name ?? producer.id}</Cell>
      <Cell className="number size">{sizeText(image.size)}</Cell>
      <Cell className="made">{timeText(at)}</Cell>
      <Cell className="answers">
        {isOwn ? (
          <button type="button" aria-label={`Remove ${name} from the list`} onClick={onRemove}>
            Remove
          </button>
        ) : (
          <button type="button" className="primary" aria-label={`Ask for ${name}`} onClick={onAsk}>
            Ask
          </button>
        )}
      </Cell>
    </>
  );
}

interface ListDialogProps {
  readonly onClose: () => void;
  readonly onListed: () => void;
}

function ListDialog({ onClose, onListed }: ListDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [image, setImage] = useState('');
  const [summary, setSummary] = useState('');
  const work = useTask(async () => {
    await listInCatalogue(session, image, wordOf(summary));
    tell({ text: 'Listed: everybody can ask for it.' });
    onListed();
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void work.run();
  };
  return (
    <Dialog title="List an image to be asked for" onClose={onClose}>
      <form onSubmit={submit}>
        <ImageChoice label="Image" value={image} onChange={setImage} />
        <NoteField label="What it is, in a line" note={summary} onChange={setSummary} />
        <Problem error={work.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={image === '' || work.isRunning}>
            List it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
