import assert from 'node:assert/strict';

/** What a service told at `/metrics`. */
export interface ReadMetrics {
  readonly text: string;
  /** Names and what they are, as the service says. */
  readonly types: ReadonlyMap<string, string>;
  /** All that is told of a name with exactly these labels, added up over processes; 0 when nothing is. */
  get(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** Reads the text format of Prometheus, and takes nothing that it does not allow. */
export function metricsIn(text: string): ReadMetrics {
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      assert(!types.has(type[1] ?? ''), `${type[1]} is told in two places`);
      types.set(type[1] ?? '', type[2] ?? '');
    }
    if (line === '' || line.startsWith('#')) continue;
    const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    assert(sample, `no line of the format: ${line}`);
    const [, name = '', labels = '', value] = sample;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\\n]|\\.)*)"(?:,|$)/g)];
    assert.equal(pairs.map(([pair]) => pair).join(''), labels, line);
    assert(!seen.has(`${name}{${labels}}`), `told twice: ${line}`);
    seen.add(`${name}{${labels}}`);
    assert(types.has(name.replace(/_(bucket|sum|count)$/, '')) || types.has(name), line);
    const known = Object.fromEntries(pairs.map(([, label, text]) => [label, text]));
    const key = keyOf(name, known);
    values.set(key, (values.get(key) ?? 0) + Number(value));
  }
  return { text, types, get: (name, labels = {}) => values.get(keyOf(name, labels)) ?? 0 };
}

function keyOf(name: string, labels: Readonly<Record<string, string | undefined>>): string {
  const told = Object.entries(labels).filter(([label]) => label !== 'worker');
  return JSON.stringify([name, told.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}
