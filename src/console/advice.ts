import { ApiError, ConnectionError } from '../client/api-error.ts';
import { durationText } from '../client/text.ts';

/** What went wrong, and what to do next. */
export interface Advice {
  readonly problem: string;
  readonly next: string;
}

const byStatus: Readonly<Record<number, string>> = {
  401: 'Sign in again.',
  403: 'Your roles in this project do not allow it. Ask an admin of the project, or choose another project.',
  404: 'It may have been deleted, or is no longer shared with your project. Go back to the list.',
  409: 'It has changed meanwhile. Load the page again to see how it is now.',
  413: 'Delete what is no longer needed, or ask the operator for a larger quota.',
  503: 'The service is busy. Try again in a moment.',
};

/** Says in words what was thrown. */
export function adviceOn(error: unknown): Advice {
  if (error instanceof ConnectionError) {
    return {
      problem: 'The service cannot be reached.',
      next: 'Check the network, and that the service runs (npm start); then try again.',
    };
  }
  if (error instanceof ApiError) {
    const wait = error.retryAfter;
    if (wait !== undefined) {
      // Programs are told so in seconds.
      const problem = error.message.replace(/ Wait \d{1,6} s(?:econds)?, then try again\.$/, '');
      return { problem, next: `Try again in ${durationText(wait)}.` };
    }
    const next = byStatus[error.status] ?? 'Change what is asked for, then try again.';
    return { problem: error.message, next };
  }
  const problem = error instanceof Error ? error.message : String(error);
  return { problem, next: 'Load the page again.' };
}
