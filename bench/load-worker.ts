import autocannon from 'autocannon';
import type { Load, LoadResult } from './load.ts';

process.once('message', (load: Load) => {
  const [first] = load.requests;
  if (!first) throw new Error('A load without requests.');
  let sent = load.sent ?? 0;
  let exhausted = false;
  // Reads are built once, before the load. Changes are built as they are sent, since each
  // connection walks through a list of its own and no two may send the same change.
  const nextRequest = (request: autocannon.Request): autocannon.Request => {
    const next = load.requests[sent % load.requests.length] ?? first;
    sent += 1;
    if (sent > load.requests.length && !load.repeat) {
      exhausted = true;
      instance.stop();
    }
    return { ...request, path: next.path, ...(next.body && { body: next.body }) };
  };

  const taken = new Answers();
  const instance = autocannon(
    {
      url: load.url,
      connections: load.connections,
      duration: load.seconds + load.warmUpSeconds,
      method: load.method,
      headers: { 'x-auth-token': load.token, 'content-type': 'application/json' },
      requests: load.method === 'GET' ? [...load.requests] : [{ setupRequest: nextRequest }],
    },
    (error, result) => {
      const bad = error?.message ?? taken.complaint(result);
      process.send?.(bad ? { error: `${load.method} ${first.path}: ${bad}` } : taken.result(sent));
    },
  );

  const measuredFrom = performance.now() + load.warmUpSeconds * 1000;
  instance.on('response', (_client, status, _bytes, milliseconds) => {
    if (!exhausted) taken.add(status, milliseconds, performance.now() >= measuredFrom);
  });
});

/** The answers of one load. autocannon's own histogram counts whole milliseconds, too coarse for a local service. */
class Answers {
  readonly #milliseconds: number[] = [];
  readonly #refused = new Map<number, number>();
  #all = 0;
  #first = 0;
  #last = 0;

  add(status: number, milliseconds: number, measured: boolean): void {
    if (status < 200 || status > 299) {
      this.#refused.set(status, (this.#refused.get(status) ?? 0) + 1);
    }
    this.#all += 1;
    if (!measured) return;
    this.#last = performance.now();
    // The rate is taken between two answers, so the one that starts the clock is not counted.
    if (this.#first === 0) this.#first = this.#last;
    else this.#milliseconds.push(milliseconds);
  }

  complaint(result: autocannon.Result): string | undefined {
    if (this.#refused.size > 0) {
      return `answers that are not 2xx: ${JSON.stringify(Object.fromEntries(this.#refused))}`;
    }
    if (result.errors + result.timeouts > 0) {
      return `${result.errors} errors, ${result.timeouts} timeouts`;
    }
    return this.#milliseconds.length === 0 ? 'no answer' : undefined;
  }

  result(sent: number): LoadResult {
    const sorted = Float64Array.from(this.#milliseconds).sort();
    const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
    return {
      perSecond: sorted.length / ((this.#last - this.#first) / 1000),
      p50: at(0.5),
      p99: at(0.99),
      answers: sorted.length,
      allAnswers: this.#all,
      sent,
    };
  }
}
