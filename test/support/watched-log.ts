import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { checkLog } from './secrets.ts';

/** What a service of this process logs, down to the least urgent line. */
export interface WatchedLog {
  readonly log: Logger;
  /** All lines so far. */
  readonly text: () => string;
  /** To be called when the service has ended. @throws AssertionError when a secret is in a line */
  readonly check: () => void;
}

export function watchedLog(): WatchedLog {
  const lines: string[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  const text = () => lines.join('');
  return { log: pino({ level: 'trace' }, sink), text, check: () => checkLog(text()) };
}
