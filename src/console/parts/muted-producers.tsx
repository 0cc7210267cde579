import { type FormEvent, type ReactNode, useCallback, useState } from 'react';
import { listMuted, setMuted } from '../../client/sharing.ts';
import { timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { Problem } from './problem.tsx';

type Mute = Awaited<ReturnType<typeof listMuted>>[number];

function nameOf({ producer }: Mute): string {
  return producer.name ?? producer.id ?? '';
}

/** The producers whose offers do not come to the inbox. */
export function MutedProducers(): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const load = useCallback(() => listMuted(session), [session]);
  const { value: mutes, problem, reload } = useLoaded(load);
  const hear = useTask(async (mute: Mute) => {
    const id = mute.producer.id ?? '';
    await setMuted(session, id, false);
    reload();
    tell({
      text: `Offers of ${nameOf(mute)} come to the inbox again.`,
      async undo() {
        await setMuted(session, id, true);
        reload();
      },
    });
  });
  return (
    <section className="card">
      <h2>Muted producers</h2>
      <Problem error={problem} onRetry={reload} />
      <Problem error={hear.problem} />
      {mutes?.length === 0 && (
        <p className="quiet-text">
          Nobody. Offers of a project that you mute do not come to the inbox; whoever has their ids
          can use the images all the same.
        </p>
      )}
      {mutes && mutes.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Project</th>
              <th scope="col" className="since">
                Since
              </th>
              <th scope="col">
                <span className="unseen">Hear again</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {mutes.map((mute) => (
              <tr key={mute.producer.id}>
                <td className="breakable" title={mute.producer.id ?? undefined}>
                  {nameOf(mute)}
                </td>
                <td className="since time">{timeText(mute.muted_at)}</td>
                <td className="number">
                  <button
                    type="button"
                    aria-label={`Hear again: ${nameOf(mute)}`}
                    onClick={() => void hear.run(mute)}
                  >
                    Hear again
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <MuteForm onMuted={reload} />
    </section>
  );
}

function MuteForm({ onMuted }: { readonly onMuted: () => void }): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [producer, setProducer] = useState('');
  const mute = useTask(async () => {
    await setMuted(session, producer.trim(), true);
    tell({ text: `Offers of ${producer.trim()} no longer come to the inbox.` });
    setProducer('');
    onMuted();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void mute.run();
  };
  return (
    <>
      <Problem error={mute.problem} />
      <form className="line-form long-fields" onSubmit={submit}>
        <input
          aria-label="Producer, by exact name or id"
          placeholder="Producer, by exact name or id"
          value={producer}
          maxLength={255}
          required
          spellCheck={false}
          onChange={(event) => setProducer(event.target.value)}
        />
        <button type="submit" disabled={mute.isRunning}>
          Mute
        </button>
      </form>
    </>
  );
}
