import { type Machine, machineText } from '../machine.ts';
import { pathOf, type ScaleCase } from './cases.ts';
import type { Pair, Times } from './measure.ts';

export interface ScaleFigure {
  readonly item: ScaleCase;
  /** Over HTTP. */
  readonly served: Pair<Times>;
  /** By the service's own function. */
  readonly queried: Pair<Times>;
  /** The steps to each range, by the larger database. */
  readonly plan: readonly (readonly string[])[];
}

export interface ScaleReport {
  readonly machine: Machine;
  readonly command: string;
  readonly images: Pair<number>;
  /** From spawning each service to its ready line, ms. */
  readonly starts: Pair<number>;
  readonly figures: readonly ScaleFigure[];
}

/** Within how many milliseconds the service answers after its start, however many images there are. */
export const promisedStart = 700;

/** How many times as long as with few images a list may take with many, by the 99th percentile. */
export const promised = 1.5;

/** The same of the middle of its times. */
export const promisedMiddle = 1.3;

/** How many times as long the list takes with many images. */
export function ratioOf({ small, large }: Pair<Times>): number {
  return large.p99 / small.p99;
}

/** The same of the middle of its times. */
export function middleRatioOf({ small, large }: Pair<Times>): number {
  return large.p50 / small.p50;
}

/** The report as text: the machine, the times, then how each page is found. */
export function scaleReportText(report: ScaleReport): string {
  const { small, large } = report.images;
  const [few, many] = [small, large].map((images) => images.toLocaleString('en'));
  const title = Math.max(...report.figures.map(({ item }) => item.title.length));
  return [
    ...machineText(report.machine, report.command),
    '',
    `Times in ms with ${few} and with ${many} images; medians of the rounds. At most: ${promisedMiddle} times by p50, ${promised} by p99.`,
    `Start: ${report.starts.small.toFixed(0)} and ${report.starts.large.toFixed(0)} ms; at most ${promisedStart}.`,
    '',
    `${'list'.padEnd(title)}  p50 few  many   ratio   p99 few  many   ratio   query p99 few  many   ratio`,
    ...report.figures.map(({ item, served, queried }) =>
      [
        item.title.padEnd(title),
        `${cell(served.small.p50)} ${cell(served.large.p50)}`,
        cell(middleRatioOf(served)),
        `${cell(served.small.p99)} ${cell(served.large.p99)}`,
        cell(ratioOf(served)),
        `      ${cell(queried.small.p99)} ${cell(queried.large.p99)}`,
        cell(ratioOf(queried)),
      ].join('  '),
    ),
    '',
    ...report.figures
      .filter(({ plan }) => plan.length > 0)
      .flatMap(({ item, plan }) => [
        `${item.title}: GET ${pathOf(item.query, item.isLast ? '...' : undefined)}`,
        ...plan.map((steps) => `    ${steps.join('; ')}`),
      ]),
  ].join('\n');
}

function cell(value: number): string {
  return value.toFixed(2).padStart(6);
}
