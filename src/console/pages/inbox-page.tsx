import { type ReactNode, useMemo, useState } from 'react';
import type { OfferBody } from '../../client/sharing.ts';
import { sizeText, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useMedia } from '../browser/use-media.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { answer, loadOffers, useWaiting } from '../offers.ts';
import { type PageList, pageList } from '../page-list.ts';
import { Cell, HeadCell } from '../parts/cell.tsx';
import { Empty } from '../parts/empty.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Problem } from '../parts/problem.tsx';
import { VirtualRows } from '../parts/virtual-rows.tsx';
import { type OfferStatus, offerStatuses } from '../place.ts';

const titles: Readonly<Record<OfferStatus, string>> = {
  pending: 'Pending',
  set_aside: 'Set aside',
  accepted: 'Accepted',
  rejected: 'Rejected',
};

const emptyTexts: Readonly<Record<OfferStatus, { readonly title: string; readonly text: string }>> =
  {
    pending: {
      title: 'Nothing waits for you',
      text: 'When another project shares an image with yours, it appears here by itself. Its owner needs the name of your project:',
    },
    set_aside: {
      title: 'Nothing set aside',
      text: 'What you set aside waits here, out of the way, until you answer it.',
    },
    accepted: {
      title: 'Nothing accepted yet',
      text: 'Images that you accept are in your list, and here.',
    },
    rejected: {
      title: 'Nothing rejected',
      text: 'What you reject stays here, should you change your mind.',
    },
  };

/** What other projects share with this one, and the answers to it. */
export function InboxPage({ status }: { readonly status: OfferStatus }): ReactNode {
  const { count = 0 } = useWaiting();
  return (
    <div className="page list-page">
      <header className="page-head">
        <h1>Inbox</h1>
        <nav aria-label="Offers" className="tabs">
          {offerStatuses.map((name) => (
            <PlaceLink
              key={name}
              place={{ page: 'inbox', status: name }}
              isCurrent={name === status}
            >
              {titles[name]}
              {name === 'pending' && count > 0 && ` (${count})`}
            </PlaceLink>
          ))}
        </nav>
      </header>
      <Offers key={status} status={status} />
    </div>
  );
}

function useOfferList(status: OfferStatus, round: number): PageList<OfferBody> {
  const { session } = useAccount();
  const { version } = useWaiting();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new makes another list.
  return useMemo(
    () => pageList<OfferBody>((marker) => loadOffers(session, status, marker)),
    [session, status, version, round],
  );
}

function Offers({ status }: { readonly status: OfferStatus }): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const { look } = useWaiting();
  const [round, setRound] = useState(0);
  const list = useOfferList(status, round);
  const isNarrow = useMedia('(max-width: 759px)');

  const decide = useTask(async ({ image }: OfferBody, next: OfferStatus) => {
    await answer(session, image.id, next);
    list.drop((row) => row.image.id === image.id);
    look();
    const text = `${titles[next]}: ${image.name ?? image.id}.`;
    tell({
      text,
      async undo() {
        await answer(session, image.id, status);
        setRound((number) => number + 1);
        look();
      },
    });
  });
  return (
    <>
      <Problem error={decide.problem} />
      <VirtualRows
        list={list}
        rowHeight={isNarrow ? 108 : 52}
        label={`Images shared with this project: ${status}`}
        kind="offers"
        head={<OfferHead />}
        keyOf={({ image }) => image.id}
        cells={(offer) => (
          <OfferCells
            offer={offer}
            status={status}
            isBusy={decide.isRunning}
            onDecide={(next) => void decide.run(offer, next)}
          />
        )}
        empty={<NoOffers status={status} />}
      />
    </>
  );
}

function NoOffers({ status }: { readonly status: OfferStatus }): ReactNode {
  const { project } = useAccount();
  const { title, text } = emptyTexts[status];
  return (
    <Empty title={title}>
      <p>{text}</p>
      {status === 'pending' && (
        <p>
          <code>{project.name}</code>
        </p>
      )}
    </Empty>
  );
}

function OfferHead(): ReactNode {
  return (
    <>
      <HeadCell>Name</HeadCell>
      <HeadCell>From</HeadCell>
      <HeadCell>Format</HeadCell>
      <HeadCell className="number">Size</HeadCell>
      <HeadCell>Offered</HeadCell>
      <HeadCell>
        <span className="unseen">Answer</span>
      </HeadCell>
    </>
  );
}

interface OfferCellsProps {
  readonly offer: OfferBody;
  readonly status: OfferStatus;
  readonly isBusy: boolean;
  readonly onDecide: (status: OfferStatus) => void;
}

function OfferCells({ offer, status, isBusy, onDecide }: OfferCellsProps): ReactNode {
  const { image, producer } = offer;
  const name = image.name ?? image.id;
  return (
    <>
      <Cell className="name">
        <PlaceLink place={{ page: 'image', id: image.id }}>{name}</PlaceLink>
        <OfferNote offer={offer} />
      </Cell>
      <Cell className="from">{producer.name ?? producer.id ?? 'nobody'}</Cell>
      <Cell className="format">{image.disk_format ?? '–'}</Cell>
      <Cell className="number size">{sizeText(image.size)}</Cell>
      <Cell className="made">{timeText(offer.offered_at)}</Cell>
      <Cell className="answers">
        {answersTo[status].map(({ next, verb }) => (
          <button
            key={next}
            type="button"
            className={next === 'accepted' ? 'primary' : ''}
            disabled={isBusy}
            aria-label={`${verb} ${name}`}
            onClick={() => onDecide(next)}
          >
            {verb}
          </button>
        ))}
      </Cell>
    </>
  );
}

const accept = { next: 'accepted', verb: 'Accept' } as const;
const reject = { next: 'rejected', verb: 'Reject' } as const;
const later = { next: 'set_aside', verb: 'Later' } as const;

/** What can be said of an offer where it lies. */
const answersTo = {
  pending: [accept, reject, later],
  set_aside: [accept, reject],
  accepted: [reject],
  rejected: [accept],
} as const satisfies Readonly<Record<OfferStatus, readonly unknown[]>>;

/** What the producer says of it, and when it is over. */
function OfferNote({ offer }: { readonly offer: OfferBody }): ReactNode {
  const { note, expires_at: end, withdrawal } = offer;
  const parts = [
    withdrawal !== null && `withdrawn${withdrawal === '' ? '' : `: ${withdrawal}`}`,
    end !== null && `ends ${timeText(end)}`,
    note !== null && note,
  ].filter((part) => part !== false);
  if (parts.length === 0) return null;
  const text = parts.join(' · ');
  return (
    <div className="note" title={text}>
      {text}
    </div>
  );
}
