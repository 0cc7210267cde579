/** What was asked of one thing and answered, and when. */
export interface Operation {
  readonly what: string;
  readonly reply: string;
  /** Milliseconds on one clock: before it was asked, and after it was answered. */
  readonly begin: number;
  readonly end: number;
  /** An operation of the same history that takes effect before this one: the first half of what has two. */
  readonly after?: Operation;
}

/** How one thing behaves when it is asked one operation at a time. */
export interface Model {
  readonly initial: string;
  /** The state behind an operation that was answered so; undefined when it cannot be answered so. */
  step(state: string, operation: Operation): string | undefined;
}

/** The longest way that was found, of a history that has no order. */
export interface NoOrder {
  readonly ordered: readonly Operation[];
  readonly state: string;
  /** Those of which none can come next. */
  readonly stuck: readonly Operation[];
}

/**
 * Seeks an order of the operations in which each takes effect between its question and its answer, and each answer
 * is the model's: then nobody can tell that they were asked at the same time.
 *
 * @returns undefined when there is one
 * @see Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990
 */
export function findNoOrder(history: readonly Operation[], model: Model): NoOrder | undefined {
  const search = new Search(
    history.toSorted((a, b) => a.begin - b.begin),
    model,
  );
  return search.goOn(model.initial) ? undefined : search.furthest;
}

/** What has an order was seen to have it within some thousands of places; what has none may have millions. */
const mostPlaces = 200_000;

/** Goes back where a way ends, and never comes to the same place twice. */
class Search {
  readonly #history: readonly Operation[];
  readonly #model: Model;
  readonly #done = new Set<Operation>();
  readonly #known = new Set<string>();
  /** Place of the first that is not done. */
  #first = 0;
  furthest: NoOrder = { ordered: [], state: '', stuck: [] };

  constructor(history: readonly Operation[], model: Model) {
    this.#history = history;
    this.#model = model;
  }

  goOn(state: string): boolean {
    const first = this.#first;
    while (this.#done.has(this.#history[this.#first] as Operation)) this.#first += 1;
    const isOrdered = this.#first === this.#history.length || this.#tryNext(state);
    if (!isOrdered) this.#first = first;
    return isOrdered;
  }

  #tryNext(state: string): boolean {
    const next = this.#candidates();
    const place = `${state} ${this.#first} ${this.#doneBehind()}`;
    if (this.#known.has(place) || this.#known.size === mostPlaces) return false;
    this.#known.add(place);
    if (this.#done.size >= this.furthest.ordered.length) {
      this.furthest = { ordered: [...this.#done], state, stuck: next };
    }
    for (const operation of next) {
      const behind = this.#model.step(state, operation);
      if (behind === undefined) continue;
      this.#done.add(operation);
      if (this.goOn(behind)) return true;
      this.#done.delete(operation);
    }
    return false;
  }

  /** What may come next: whatever was asked before anything else that is not done was answered. */
  #candidates(): readonly Operation[] {
    const found: Operation[] = [];
    let firstEnd = Number.POSITIVE_INFINITY;
    for (let n = this.#first; n < this.#history.length; n += 1) {
      const operation = this.#history[n] as Operation;
      if (operation.begin > firstEnd) break;
      if (this.#done.has(operation)) continue;
      firstEnd = Math.min(firstEnd, operation.end);
      found.push(operation);
    }
    return found
      .filter(({ begin, after }) => begin <= firstEnd && (!after || this.#done.has(after)))
      .toSorted((a, b) => a.end - b.end);
  }

  #doneBehind(): string {
    const places: number[] = [];
    for (let n = this.#first, left = this.#done.size - this.#first; left > 0; n += 1) {
      if (!this.#done.has(this.#history[n] as Operation)) continue;
      places.push(n);
      left -= 1;
    }
    return places.join();
  }
}
