import { paceOf } from '../client/pace.ts';
import { durationText, sizeText } from '../client/text.ts';

/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress {
  /** Tells that so many bytes are done. */
  at(bytes: number): void;
  /** Says something in between. */
  say(text: string): void;
  /** Ends the line that is being written, if there is one. */
  end(): void;
}

/** Between two looks of a bar, and between two lines where there is no terminal; ms. */
const barInterval = 100;
const lineInterval = 5000;

/** Characters of a bar. */
const barWidth = 24;

/**
 * Shows how far a transfer of `size` bytes is: a bar on a terminal, else a line now and then.
 *
 * @param now milliseconds
 */
export function progressOn(
  output: ProgressOutput,
  size: number,
  now: () => number = () => performance.now(),
): Progress {
  const follow = paceOf(size);
  const isBar = output.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let isOpen = false;

  function clear(): void {
    if (isOpen) output.write('\r\u001b[K');
    isOpen = false;
  }

  return {
    at(bytes) {
      const time = now();
      const pace = follow(bytes, time);
      const isLast = bytes >= size;
      if (!isLast && time - shownAt < (isBar ? barInterval : lineInterval)) return;
      shownAt = time;
      const parts = [`${sizeText(bytes)} of ${sizeText(size)}`];
      if (pace.speed !== undefined) parts.push(`${sizeText(pace.speed)}/s`);
      if (isLast) parts.push('the service makes it the image …');
      else if (pace.left !== undefined) parts.push(`${durationText(pace.left)} left`);
      const percent = `${Math.floor(pace.share * 100)}%`.padStart(4);
      if (!isBar) {
        output.write(`${percent.trim()} · ${parts.join(' · ')}\n`);
        return;
      }
      const filled = Math.round(pace.share * barWidth);
      const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
      const line = `${bar} ${percent}  ${parts.join(' · ')}`;
      output.write(`\r\u001b[K${line.slice(0, (output.columns ?? 80) - 1)}`);
      isOpen = true;
    },

    say(text) {
      clear();
      output.write(`${text}\n`);
    },

    end() {
      if (isOpen) output.write('\n');
      isOpen = false;
    },
  };
}
