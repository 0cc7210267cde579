/** A page, and the marker of the next one. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export type LoadPage<Row> = (marker: string | undefined) => Promise<Page<Row>>;

/** What there is to show of a list. */
export interface ListState {
  /** Rows known of so far. */
  readonly count: number;
  /** Whether that is all of them. */
  readonly isWhole: boolean;
  readonly isLoading: boolean;
  /** What stopped the loading, if anything did. */
  readonly problem: unknown;
  /** Another one after every change. */
  readonly version: number;
}

/**
 * A list of any length that is read page by page, by keyset: each page begins behind the marker of the one before.
 * The rows of pages far from what is looked at are let go, and read again by their marker.
 */
export interface PageList<Row> {
  readonly state: () => ListState;
  /** Undefined while it is not here; `want` brings it. */
  readonly row: (index: number) => Row | undefined;
  /** Says which rows are looked at, both inclusive. */
  readonly want: (first: number, last: number) => void;
  /** Goes on after a problem. */
  readonly retry: () => void;
  /** Takes rows out, such as deleted ones. */
  drop(isGone: (row: Row) => boolean): void;
  readonly subscribe: (onChange: () => void) => () => void;
}

interface Kept<Row> {
  readonly marker: string | undefined;
  readonly next: string | undefined;
  count: number;
  rows: readonly Row[] | undefined;
}

export interface PageListOptions {
  /** Pages whose rows are kept. */
  readonly kept?: number;
  /** Rows that are to be there behind what is looked at. */
  readonly ahead?: number;
}

export function pageList<Row>(
  load: LoadPage<Row>,
  { kept = 20, ahead = 200 }: PageListOptions = {},
): PageList<Row> {
  const pages: Kept<Row>[] = [];
  const listeners = new Set<() => void>();
  let wanted = { first: 0, last: 0 };
  let state: ListState = {
    count: 0,
    isWhole: false,
    isLoading: false,
    problem: undefined,
    version: 0,
  };

  function change(part: Partial<ListState>): void {
    const count = pages.reduce((sum, page) => sum + page.count, 0);
    const last = pages.at(-1);
    const isWhole = last !== undefined && last.next === undefined;
    state = { ...state, count, isWhole, ...part, version: state.version + 1 };
    for (const listener of listeners) listener();
  }

  async function pump(): Promise<void> {
    if (state.isLoading || state.problem !== undefined) return;
    let index = missing(pages, wanted, ahead);
    if (index === undefined) return;
    change({ isLoading: true });
    try {
      for (; index !== undefined; index = missing(pages, wanted, ahead)) {
        const marker = index < pages.length ? pages[index]?.marker : pages.at(-1)?.next;
        const { rows, next } = await load(marker);
        pages[index] = { marker, next, rows, count: rows.length };
        letGo(pages, wanted, kept);
        change({});
      }
      change({ isLoading: false });
    } catch (problem) {
      change({ isLoading: false, problem });
    }
  }

  return {
    state: () => state,

    row: (index) => rowOf(pages, index),

    want(first, last) {
      wanted = { first, last };
      void pump();
    },

    retry() {
      state = { ...state, problem: undefined };
      void pump();
    },

    drop(isGone) {
      for (const page of pages) {
        if (!page.rows) continue;
        page.rows = page.rows.filter((row) => !isGone(row));
        page.count = page.rows.length;
      }
      change({});
      void pump();
    },

    subscribe(onChange) {
      listeners.add(onChange);
      return () => void listeners.delete(onChange);
    },
  };
}

interface Wanted {
  readonly first: number;
  readonly last: number;
}

/** The page to read next: one that is looked at, else the one behind the last. */
function missing<Row>(
  pages: readonly Kept<Row>[],
  wanted: Wanted,
  ahead: number,
): number | undefined {
  let start = 0;
  for (const [index, { count, rows }] of pages.entries()) {
    if (!rows && start + count > wanted.first && start <= wanted.last) return index;
    start += count;
  }
  const last = pages.at(-1);
  if (last && last.next === undefined) return undefined;
  return !last || wanted.last + ahead >= start ? pages.length : undefined;
}

/** Lets go of what is furthest from what is looked at. */
function letGo<Row>(pages: readonly Kept<Row>[], { first, last }: Wanted, kept: number): void {
  const here = [...pages.entries()].filter(([, { rows }]) => rows !== undefined);
  if (here.length <= kept) return;
  const center = pageAt(pages, (first + last) / 2);
  const distance = ([index]: readonly [number, unknown]) => Math.abs(index - center);
  const [furthest] = here.toSorted((one, other) => distance(other) - distance(one));
  if (furthest) furthest[1].rows = undefined;
}

function pageAt<Row>(pages: readonly Kept<Row>[], row: number): number {
  let start = 0;
  for (const [index, { count }] of pages.entries()) {
    start += count;
    if (row < start) return index;
  }
  return pages.length - 1;
}

function rowOf<Row>(pages: readonly Kept<Row>[], row: number): Row | undefined {
  let start = 0;
  for (const { count, rows } of pages) {
    if (row < start + count) return rows?.[row - start];
    start += count;
  }
  return undefined;
}
