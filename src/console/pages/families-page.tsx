import { type FormEvent, type ReactNode, useId, useMemo, useState } from 'react';
import { promoteImage } from '../../client/families.ts';
import { timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { goTo } from '../browser/navigation.ts';
import { useMedia } from '../browser/use-media.ts';
import { useTask } from '../browser/use-task.ts';
import { type FamilyRow, loadFamilies } from '../families.ts';
import { useWaiting } from '../offers.ts';
import { pageList } from '../page-list.ts';
import { Cell, HeadCell } from '../parts/cell.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Empty } from '../parts/empty.tsx';
import { ImageChoice } from '../parts/image-choice.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Problem } from '../parts/problem.tsx';
import { VirtualRows } from '../parts/virtual-rows.tsx';
import { type FamilySide, familySides } from '../place.ts';

const titles: Readonly<Record<FamilySide, string>> = {
  own: 'Ours',
  shared: 'Shared with us',
};

/** Images under one name, of which one is current: the project's own, and those shared with it. */
export function FamiliesPage({ side }: { readonly side: FamilySide }): ReactNode {
  const [isMaking, setMaking] = useState(false);
  return (
    <div className="page list-page">
      <header className="page-head">
        <h1>Families</h1>
        <nav aria-label="Families" className="tabs">
          {familySides.map((name) => (
            <PlaceLink
              key={name}
              place={{ page: 'families', side: name }}
              isCurrent={name === side}
            >
              {titles[name]}
            </PlaceLink>
          ))}
        </nav>
        <button type="button" className="primary" onClick={() => setMaking(true)}>
          New family
        </button>
      </header>
      <Families key={side} side={side} onMake={() => setMaking(true)} />
      {isMaking && <NewFamilyDialog onClose={() => setMaking(false)} />}
    </div>
  );
}

interface FamiliesProps {
  readonly side: FamilySide;
  readonly onMake: () => void;
}

function Families({ side, onMake }: FamiliesProps): ReactNode {
  const { session } = useAccount();
  const { heard } = useWaiting();
  const isNarrow = useMedia('(max-width: 759px)');
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new makes another list.
  const list = useMemo(
    () => pageList<FamilyRow>((marker) => loadFamilies(session, side, marker)),
    [session, side, heard.family, heard.share],
  );
  return (
    <VirtualRows
      list={list}
      rowHeight={isNarrow ? 60 : 40}
      label={`Families: ${titles[side]}`}
      kind="families"
      head={<FamilyHead />}
      keyOf={({ owner, name }) => `${owner}/${name}`}
      cells={(row) => <FamilyCells row={row} side={side} />}
      empty={<NoFamilies side={side} onMake={onMake} />}
    />
  );
}

function FamilyHead(): ReactNode {
  return (
    <>
      <HeadCell>Name</HeadCell>
      <HeadCell>Owner</HeadCell>
      <HeadCell>Changed</HeadCell>
    </>
  );
}

interface FamilyCellsProps {
  readonly row: FamilyRow;
  readonly side: FamilySide;
}

function FamilyCells({ row, side }: FamilyCellsProps): ReactNode {
  const { project } = useAccount();
  const { owner, name, ownerName, updated_at: at } = row;
  return (
    <>
      <Cell className="name">
        <PlaceLink place={{ page: 'family', owner, name }}>{name}</PlaceLink>
      </Cell>
      <Cell className="from">{side === 'own' ? project.name : ownerName}</Cell>
      <Cell className="made">{timeText(at)}</Cell>
    </>
  );
}

function NoFamilies({ side, onMake }: FamiliesProps): ReactNode {
  if (side === 'shared') {
    return (
      <Empty title="No family is shared with your project">
        <p>
          When another project shares one, it appears here by itself, and its current image in your
          inbox.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No families yet">
      <p>
        A family is one name for images of one kind, of which one is current. Share it once, and
        each new version follows to whoever has it.
      </p>
      <button type="button" className="primary" onClick={onMake}>
        Make a family
      </button>
    </Empty>
  );
}

/** A family begins with the image that is current in it. */
function NewFamilyDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { session, project } = useAccount();
  const [name, setName] = useState('');
  const [image, setImage] = useState('');
  const nameId = useId();
  const make = useTask(async () => {
    const family = { owner: project.id, name: name.trim() };
    await promoteImage(session, family, image);
    onClose();
    goTo({ page: 'family', ...family });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void make.run();
  };
  return (
    <Dialog title="New family" onClose={onClose}>
      <form onSubmit={submit}>
        <label htmlFor={nameId}>
          Name: letters, digits, dots, hyphens and underscores
          <input
            id={nameId}
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder="debian-13"
            pattern="\s*[A-Za-z0-9][A-Za-z0-9._\-]{0,99}\s*"
            title="Up to 100 letters, digits, dots, hyphens and underscores, a letter or digit first"
            autoComplete="off"
            spellCheck={false}
            required
          />
        </label>
        <ImageChoice label="Its current image" value={image} onChange={setImage} />
        <Problem error={make.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="primary"
            disabled={name.trim() === '' || image === '' || make.isRunning}
          >
            Make it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
