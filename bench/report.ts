import type { Figure, Single } from './figures.ts';
import { misses } from './goals.ts';
import { type Machine, machineText } from './machine.ts';

export interface Report {
  readonly machine: Machine;
  readonly command: string;
  readonly singles: readonly Single[];
  readonly figures: readonly Figure[];
}

/** The report as text: the machine, then aligned tables. */
export function reportText({ machine, command, singles, figures }: Report): string {
  const parts = [...machineText(machine, command)];
  const requests = figures.filter((figure) => figure.unit === 'requests/s');
  const data = figures.filter((figure) => figure.unit === 'MiB/s');
  if (requests.length > 0) parts.push('', table(requestRows(requests)));
  if (data.length > 0) parts.push('', table(dataRows(data)));
  if (singles.length > 0) parts.push('', table(singleRows(singles)));
  const missed = misses(figures, singles);
  if (missed.length > 0) parts.push('', 'Not what it is to be:', ...missed);
  return parts.join('\n');
}

function requestRows(figures: readonly Figure[]): string[][] {
  const cost = ['p50 ms', 'p99 ms', 'cpu us'];
  return [
    ['call', 'conn.', 'req/s', ...cost, 'limit/s', ...cost, 'ratio', 'at least', 'limit'],
    ...figures.flatMap((figure) =>
      figure.limits.map((limit) => [
        figure.name,
        String(figure.connections),
        whole(figure.value),
        ...costCells(figure.cost),
        whole(limit.value),
        ...costCells(limit.cost),
        ratio(figure.value, limit.value),
        limit.atLeast?.toFixed(1) ?? '',
        limit.name,
      ]),
    ),
  ];
}

function dataRows(figures: readonly Figure[]): string[][] {
  return [
    ['data', 'streams', 'MiB/s', 'limit', 'ratio', 'at least', 'limit'],
    ...figures.flatMap((figure) =>
      figure.limits.map((limit) => [
        figure.name,
        String(figure.connections),
        whole(figure.value),
        whole(limit.value),
        ratio(figure.value, limit.value),
        limit.atLeast?.toFixed(1) ?? '',
        limit.name,
      ]),
    ),
  ];
}

function singleRows(singles: readonly Single[]): string[][] {
  return [
    ['service', 'value', '', 'at most'],
    ...singles.map((single) => [
      single.name,
      numberText(single.value),
      single.unit,
      single.atMost === undefined ? '' : numberText(single.atMost),
    ]),
  ];
}

/** Whole, unless it is small. */
function numberText(value: number): string {
  return value < 100 && !Number.isInteger(value) ? value.toFixed(2) : whole(value);
}

function whole(value: number | undefined): string {
  return value === undefined ? 'not installed' : Math.round(value).toLocaleString('en');
}

function costCells(cost: Figure['cost']): string[] {
  return cost
    ? [cost.p50.toFixed(2), cost.p99.toFixed(2), cost.cpu?.toFixed(0) ?? '']
    : ['', '', ''];
}

function ratio(value: number, limit: number | undefined): string {
  return limit === undefined ? '' : (value / limit).toFixed(2);
}

/** Rows under a head; text to the left, figures to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const isText = column === 0 || column === row.length - 1;
        return isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join('  ')
      .trimEnd();
  const [head, ...body] = rows.map(line);
  return [head, '-'.repeat(Math.max(...rows.map((row) => line(row).length))), ...body].join('\n');
}
