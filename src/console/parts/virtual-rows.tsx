import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  type UIEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { numberText } from '../../client/text.ts';
import type { PageList } from '../page-list.ts';
import { Cell } from './cell.tsx';
import { Problem } from './problem.tsx';

interface VirtualRowsProps<Row> {
  readonly list: PageList<Row>;
  /** Pixels; every row is as high. */
  readonly rowHeight: number;
  readonly label: string;
  /** What is listed: each kind has its own columns. */
  readonly kind: string;
  /** The cells of the row above all others. */
  readonly head: ReactNode;
  readonly cells: (row: Row) => ReactNode;
  readonly keyOf: (row: Row) => string;
  /** What stands there instead when the list is whole and has no row. */
  readonly empty: ReactNode;
  /** Where to begin, pixels; told again as it changes. */
  readonly scroll?: { top: number };
}

/** Rows shown beyond the edges, so that scrolling by a little shows no gap. */
const overscan = 8;

/** Browsers draw nothing that is higher; pixels. */
const maxHeight = 16_000_000;

/** A table of any length, of which only the rows in sight are in the page. */
export function VirtualRows<Row>(props: VirtualRowsProps<Row>): ReactNode {
  const { list, rowHeight, label, kind, head, empty, scroll } = props;
  const state = useSyncExternalStore(list.subscribe, list.state);
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(scroll?.top ?? 0);
  const height = useHeightOf(frame);

  useLayoutEffect(() => {
    if (frame.current) frame.current.scrollTop = scroll?.top ?? 0;
  }, [scroll]);

  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const last = Math.ceil((top + height) / rowHeight) + overscan;
  useEffect(() => list.want(first, last), [list, first, last]);

  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>) => {
    setTop(currentTarget.scrollTop);
    if (scroll) scroll.top = currentTarget.scrollTop;
  };
  const { count, isWhole, isLoading, problem } = state;
  if (isWhole && count === 0) return empty;
  const rowsHeight = Math.min(count * rowHeight, maxHeight);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of a table element cannot stand where scrolling wants them. */}
      <div
        ref={frame}
        className={`rows ${kind}`}
        role="table"
        aria-label={label}
        aria-rowcount={isWhole ? count + 1 : -1}
        aria-busy={isLoading}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard, too.
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={(event) => moveByKey(event, rowHeight)}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: it is a part of that table. */}
        <div role="rowgroup" className="rows-head">
          {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: it is a row of that table. */}
          <div role="row" aria-rowindex={1} className="row">
            {head}
          </div>
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: it is a part of that table. */}
        <div role="rowgroup" className="rows-body" style={{ height: rowsHeight }}>
          <RowsInSight {...props} first={first} last={Math.min(last, count - 1)} />
        </div>
      </div>
      <p className="rows-foot" aria-live="polite">
        {footText(count, { isWhole, isLoading })}
      </p>
      <Problem error={problem} onRetry={list.retry} />
    </>
  );
}

function footText(
  count: number,
  { isWhole, isLoading }: { readonly isWhole: boolean; readonly isLoading: boolean },
): string {
  if (isWhole) return `${numberText(count)} in all`;
  if (isLoading && count === 0) return 'Loading …';
  return `${numberText(count)} so far, more below`;
}

interface InSight<Row> extends VirtualRowsProps<Row> {
  readonly first: number;
  readonly last: number;
}

function RowsInSight<Row>({ first, last, ...props }: InSight<Row>): ReactNode {
  const { list, rowHeight, cells, keyOf } = props;
  const indexes = Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);
  return indexes.map((index) => {
    const row = list.row(index);
    const style = { height: rowHeight, transform: `translateY(${index * rowHeight}px)` };
    return (
      // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: it is a row of that table.
      <div
        key={row ? keyOf(row) : index}
        role="row"
        aria-rowindex={index + 2}
        className="row"
        data-row={index}
        style={style}
      >
        {row ? cells(row) : <Cell className="waiting-cell" />}
      </div>
    );
  });
}

function useHeightOf(frame: RefObject<HTMLDivElement | null>): number {
  const [height, setHeight] = useState(800);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return height;
}

/** Up and down go from row to row: the link of the row above or below gets the focus. */
function moveByKey(event: KeyboardEvent<HTMLDivElement>, rowHeight: number): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement)) return;
  if (event.target instanceof HTMLInputElement && event.target.type !== 'checkbox') return;
  const frame = event.currentTarget;
  const row = event.target.closest<HTMLElement>('[data-row]');
  const index = row ? Number(row.dataset['row']) + step : Math.round(frame.scrollTop / rowHeight);
  const next = frame.querySelector<HTMLElement>(`[data-row="${index}"] a`);
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  const topOf = index * rowHeight;
  const headHeight = frame.querySelector<HTMLElement>('.rows-head')?.offsetHeight ?? 0;
  if (topOf < frame.scrollTop) frame.scrollTop = topOf;
  const below = topOf + rowHeight + headHeight - frame.clientHeight;
  if (below > frame.scrollTop) frame.scrollTop = below;
}
