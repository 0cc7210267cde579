import { type ReactNode, useMemo, useState } from 'react';
import { withdrawRequest } from '../../client/access.ts';
import { shortId, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useMedia } from '../browser/use-media.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { useWaiting } from '../offers.ts';
import { pageList } from '../page-list.ts';
import { AnswerDialog } from '../parts/answer-dialog.tsx';
import { AskDialog } from '../parts/ask-dialog.tsx';
import { Catalogue } from '../parts/catalogue.tsx';
import { Cell, HeadCell } from '../parts/cell.tsx';
import { Empty } from '../parts/empty.tsx';
import { StatusMark } from '../parts/marks.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Problem } from '../parts/problem.tsx';
import { VirtualRows } from '../parts/virtual-rows.tsx';
import { type RequestSide, requestSides } from '../place.ts';
import { loadRequests, type RequestRow } from '../requests.ts';

const titles: Readonly<Record<RequestSide, string>> = {
  received: 'To answer',
  made: 'Asked by us',
  catalogue: 'To be asked for',
};

/** Who asks for images of the project, and what it asks for itself. */
export function RequestsPage({ side }: { readonly side: RequestSide }): ReactNode {
  const { requests = 0 } = useWaiting();
  const [isAsking, setAsking] = useState(false);
  return (
    <div className="page list-page">
      <header className="page-head">
        <h1>Requests</h1>
        <nav aria-label="Requests" className="tabs">
          {requestSides.map((name) => (
            <PlaceLink
              key={name}
              place={{ page: 'requests', side: name }}
              isCurrent={name === side}
            >
              {titles[name]}
              {name === 'received' && requests > 0 && ` (${requests})`}
            </PlaceLink>
          ))}
        </nav>
        <button type="button" className="primary" onClick={() => setAsking(true)}>
          Ask for an image
        </button>
      </header>
      {side === 'catalogue' ? <Catalogue /> : <Requests key={side} side={side} />}
      {isAsking && <AskDialog onClose={() => setAsking(false)} />}
    </div>
  );
}

function Requests({ side }: { readonly side: 'received' | 'made' }): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const { heard, look } = useWaiting();
  const [round, setRound] = useState(0);
  const [answered, setAnswered] = useState<RequestRow>();
  const isNarrow = useMedia('(max-width: 759px)');
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new makes another list.
  const list = useMemo(
    () => pageList<RequestRow>((marker) => loadRequests(session, side, marker)),
    [session, side, round, heard.request],
  );
  const changed = () => {
    setRound((number) => number + 1);
    look();
  };
  const takeBack = useTask(async (request: RequestRow) => {
    await withdrawRequest(session, request.id);
    tell({ text: `You no longer ask for ${nameOf(request)}.` });
    changed();
  });
  return (
    <>
      <Problem error={takeBack.problem} />
      <VirtualRows
        list={list}
        rowHeight={isNarrow ? 104 : 52}
        label={`Requests: ${titles[side]}`}
        kind={side}
        head={<RequestHead side={side} />}
        keyOf={({ id }) => id}
        cells={(request) =>
          side === 'received' ? (
            <ReceivedCells request={request} onAnswer={() => setAnswered(request)} />
          ) : (
            <MadeCells
              request={request}
              isBusy={takeBack.isRunning}
              onTakeBack={() => void takeBack.run(request)}
            />
          )
        }
        empty={<NoRequests side={side} />}
      />
      {answered && (
        <AnswerDialog
          request={answered}
          onClose={() => setAnswered(undefined)}
          onAnswered={changed}
        />
      )}
    </>
  );
}

function NoRequests({ side }: { readonly side: 'received' | 'made' }): ReactNode {
  if (side === 'received') {
    return (
      <Empty title="Nobody waits for your answer">
        <p>
          Whoever knows the id of one of your images can ask for it, and is then listed here by
          itself. To have images found,{' '}
          <PlaceLink place={{ page: 'requests', side: 'catalogue' }}>list them</PlaceLink>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="You have asked for nothing yet">
      <p>
        Ask for an image by its id, with the button above, or choose one of{' '}
        <PlaceLink place={{ page: 'requests', side: 'catalogue' }}>
          those that are listed to be asked for
        </PlaceLink>
        .
      </p>
    </Empty>
  );
}

function RequestHead({ side }: { readonly side: 'received' | 'made' }): ReactNode {
  return (
    <>
      <HeadCell>Image</HeadCell>
      <HeadCell>{side === 'received' ? 'Asked by' : 'Answer'}</HeadCell>
      <HeadCell>Asked</HeadCell>
      <HeadCell>
        <span className="unseen">{side === 'received' ? 'Answer' : 'Take back'}</span>
      </HeadCell>
    </>
  );
}

/** What the image of a request is called. */
function nameOf({ imageName, image_id: id }: RequestRow): string {
  return imageName ?? shortId(id);
}

interface ReceivedCellsProps {
  readonly request: RequestRow;
  readonly onAnswer: () => void;
}

function ReceivedCells({ request, onAnswer }: ReceivedCellsProps): ReactNode {
  const { project, reason, created_at: at } = request;
  const asker = project.name ?? project.id ?? '';
  return (
    <>
      <Cell className="name">
        <PlaceLink place={{ page: 'image', id: request.image_id }}>{nameOf(request)}</PlaceLink>
        <div className="note" title={reason}>
          {reason}
        </div>
      </Cell>
      <Cell className="from">{asker}</Cell>
      <Cell className="made">{timeText(at)}</Cell>
      <Cell className="answers">
        <button
          type="button"
          className="primary"
          aria-label={`Answer ${asker} about ${nameOf(request)}`}
          onClick={onAnswer}
        >
          Answer
        </button>
      </Cell>
    </>
  );
}

interface MadeCellsProps {
  readonly request: RequestRow;
  readonly isBusy: boolean;
  readonly onTakeBack: () => void;
}

function MadeCells({ request, isBusy, onTakeBack }: MadeCellsProps): ReactNode {
  const { state, reason, word, created_at: at } = request;
  const said = word === null ? reason : `They say: ${word} · ${reason}`;
  return (
    <>
      <Cell className="name">
        <PlaceLink place={{ page: 'image', id: request.image_id }}>{nameOf(request)}</PlaceLink>
        <div className="note" title={said}>
          {said}
        </div>
      </Cell>
      <Cell className="status">
        <StatusMark status={state} />
      </Cell>
      <Cell className="made">{timeText(at)}</Cell>
      <Cell className="answers">
        {state === 'pending' && (
          <button
            type="button"
            disabled={isBusy}
            aria-label={`Take back the request for ${nameOf(request)}`}
            onClick={onTakeBack}
          >
            Take back
          </button>
        )}
      </Cell>
    </>
  );
}
