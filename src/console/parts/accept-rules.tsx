import { type FormEvent, type ReactNode, useCallback, useState } from 'react';
import {
  addAcceptRule,
  listAcceptRules,
  type RuleBody,
  removeAcceptRule,
} from '../../client/access.ts';
import { countText, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { useTask } from '../browser/use-task.ts';
import { useTell } from '../messages.ts';
import { endAfter, wordOf } from '../terms.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';
import { EndField } from './terms-fields.tsx';

/** What is accepted as soon as it is offered. */
export function AcceptRules(): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const load = useCallback(() => listAcceptRules(session), [session]);
  const { value: rules, problem, reload } = useLoaded(load);
  const [isAdding, setAdding] = useState(false);
  const remove = useTask(async (rule: RuleBody) => {
    await removeAcceptRule(session, rule.id);
    reload();
    const { producer, name, family, expires_at } = rule;
    tell({
      text: `Offers of ${nameOf(rule)} wait for your answer again.`,
      async undo() {
        await addAcceptRule(session, { producer: producer.id ?? '', name, family, expires_at });
        reload();
      },
    });
  });
  return (
    <section className="card">
      <h2>Accepted beforehand</h2>
      <Problem error={problem} onRetry={reload} />
      <Problem error={remove.problem} />
      {rules?.length === 0 && (
        <p className="quiet-text">
          Nothing: every offer waits in the inbox. With a rule what a producer offers is in your
          images at once.
        </p>
      )}
      {rules && rules.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Producer</th>
              <th scope="col" className="since">
                Until
              </th>
              <th scope="col">
                <span className="unseen">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <RuleRow key={rule.id} rule={rule} onRemove={() => void remove.run(rule)} />
            ))}
          </tbody>
        </table>
      )}
      <p className="actions">
        <button type="button" onClick={() => setAdding(true)}>
          New rule
        </button>
      </p>
      {isAdding && <NewRuleDialog onClose={() => setAdding(false)} onMade={reload} />}
    </section>
  );
}

/** What the producer of a rule is called. */
function nameOf({ producer }: RuleBody): string {
  return producer.name ?? producer.id ?? '';
}

function RuleRow({ rule, onRemove }: { readonly rule: RuleBody; readonly onRemove: () => void }) {
  const { producer, name, family, expires_at: end, uses, used_at: usedAt } = rule;
  const producerName = nameOf(rule);
  const what = [
    family === null ? undefined : `of the family ${family}`,
    name === null ? undefined : `called ${name}`,
  ].filter((part) => part !== undefined);
  return (
    <tr>
      <td className="breakable" title={producer.id ?? undefined}>
        {producerName}
        <div className="note">{what.length > 0 ? `images ${what.join(', ')}` : 'every image'}</div>
        <div className="note">
          {usedAt === null
            ? 'not used yet'
            : `used for ${countText(uses, 'offer')}, last ${timeText(usedAt)}`}
        </div>
      </td>
      <td className="since time">{end === null ? 'without end' : timeText(end)}</td>
      <td className="number">
        <button
          type="button"
          className="danger-text"
          aria-label={`Remove the rule for ${producerName}`}
          onClick={onRemove}
        >
          Remove
        </button>
      </td>
    </tr>
  );
}

interface NewRuleDialogProps {
  readonly onClose: () => void;
  readonly onMade: () => void;
}

const noRule = { producer: '', name: '', family: '', days: '' };

function NewRuleDialog({ onClose, onMade }: NewRuleDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [typed, setTyped] = useState(noRule);
  const make = useTask(async () => {
    const { producer, name, family, days } = typed;
    await addAcceptRule(session, {
      producer: producer.trim(),
      name: wordOf(name),
      family: wordOf(family),
      expires_at: endAfter(days, Date.now()),
    });
    tell({ text: `What ${producer.trim()} offers is accepted at once from now on.` });
    onMade();
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void make.run();
  };
  const field = (name: 'producer' | 'name' | 'family', label: string, isRequired = false) => (
    <label>
      {label}
      <input
        value={typed[name]}
        maxLength={255}
        required={isRequired}
        spellCheck={false}
        onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
      />
    </label>
  );
  return (
    <Dialog title="Accept beforehand" onClose={onClose}>
      <form onSubmit={submit}>
        {field('producer', 'Producer, by exact name or id', true)}
        {field('name', 'Only images called so (* stands for any text)')}
        {field('family', 'Only images of the family')}
        <EndField
          label="How long"
          days={typed.days}
          onChange={(days) => setTyped({ ...typed, days })}
        />
        <Problem error={make.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={make.isRunning}>
            Make the rule
          </button>
        </div>
      </form>
    </Dialog>
  );
}
