import type { Model } from './linearizability.ts';

/** The answers that a thing may give in a state, and its state behind each. */
type Answers = Readonly<Record<string, string>>;

function modelOf(initial: string, answersOf: (state: string, what: string) => Answers): Model {
  return { initial, step: (state, { what, reply }) => answersOf(state, what)[reply] };
}

/** Every answer about what is not there, or not seen. */
const nothing = (state: string): Answers => ({ '404': state });

/** One project as a member of one image, as owner and consumer ask for it. */
export const member = modelOf('none', (state, what): Answers => {
  const isMember = state !== 'none';
  if (what === 'add') return isMember ? { '409': state } : { '200': 'pending' };
  if (!isMember) return nothing(state);
  const [verb, status = ''] = what.split(' ');
  const answers: Readonly<Record<string, Answers>> = {
    answer: { '200': status },
    remove: { '204': 'none' },
    show: { [`200 ${state}`]: state },
    see: { '200': state },
  };
  return answers[verb ?? ''] ?? {};
});

/** The status of an image with data. */
export const status = modelOf('active', (state, what): Answers => {
  if (state === 'gone') return nothing(state);
  const answers: Readonly<Record<string, Answers>> = {
    deactivate: { '204': 'deactivated' },
    reactivate: { '204': 'active' },
    delete: { '204': 'gone' },
    show: { [`200 ${state}`]: state },
    read: { [state === 'active' ? '200' : '403']: state },
  };
  return answers[what] ?? {};
});

/**
 * An image whose data comes while others show, read and delete it. An upload that gets in is `upload` and, later,
 * `uploaded`, with the same answer.
 */
export const upload = modelOf('queued', (state, what): Answers => {
  if (what === 'uploaded') return state === 'saving' ? { '204': 'active' } : { '410': state };
  if (state === 'gone') return nothing(state);
  const answers: Readonly<Record<string, Answers>> = {
    upload: state === 'queued' ? { '204': 'saving', '410': 'saving' } : { '409': state },
    delete: { '204': 'gone' },
    show: { [`200 ${state}`]: state },
    read: { [state === 'active' ? '200' : '204']: state },
  };
  return answers[what] ?? {};
});

/** How many images a project has that may have `most`. */
export function imageCount(most: number): Model {
  return modelOf('0', (state, what) => {
    const count = Number(state);
    const answers: Readonly<Record<string, Answers>> = {
      create: count === most ? { '413': state } : { '201': String(count + 1) },
      delete: { '204': String(count - 1) },
      count: { [state]: state },
    };
    return answers[what] ?? {};
  });
}
