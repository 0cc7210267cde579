import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { addWebhook, type MadeWebhookBody } from '../../client/webhooks.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import { typesOfKinds, webhookKinds } from '../webhook-kinds.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

interface NewWebhookDialogProps {
  readonly onClose: () => void;
  readonly onMade: () => void;
}

/** Makes a webhook, and shows its secret, which is told this once. */
export function NewWebhookDialog({ onClose, onMade }: NewWebhookDialogProps): ReactNode {
  const { session } = useAccount();
  const [url, setUrl] = useState('');
  const [kinds, setKinds] = useState<ReadonlySet<string>>(
    new Set(webhookKinds.map(({ name }) => name)),
  );
  const [made, setMade] = useState<MadeWebhookBody>();
  const make = useTask(async () => {
    setMade(await addWebhook(session, url.trim(), typesOfKinds(kinds)));
    onMade();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void make.run();
  };
  const choose = (name: string, isChosen: boolean) => {
    const others = [...kinds].filter((kind) => kind !== name);
    setKinds(new Set(isChosen ? [...others, name] : others));
  };
  if (made) return <Secret made={made} onClose={onClose} />;
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <form onSubmit={submit}>
        <label>
          URL
          <input
            type="url"
            value={url}
            maxLength={2048}
            required
            placeholder="https://ci.example.org/vitrine"
            spellCheck={false}
            onChange={(event) => setUrl(event.target.value)}
          />
        </label>
        <fieldset className="choices">
          <legend>Told of</legend>
          {webhookKinds.map(({ name }) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={kinds.has(name)}
                onChange={(event) => choose(name, event.target.checked)}
              />
              {name}
            </label>
          ))}
        </fieldset>
        <Problem error={make.problem} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={kinds.size === 0 || make.isRunning}>
            Make the webhook
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface SecretProps {
  readonly made: MadeWebhookBody;
  readonly onClose: () => void;
}

function Secret({ made, onClose }: SecretProps): ReactNode {
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // Browsers copy for pages that came by TLS; what is chosen can be copied everywhere.
  const copy = async () => {
    field.current?.select();
    if (!globalThis.isSecureContext) return;
    setCopied(
      await navigator.clipboard.writeText(made.secret).then(
        () => true,
        () => false,
      ),
    );
  };
  return (
    <Dialog title="The secret of the webhook" onClose={onClose}>
      <p>
        Give it to your program: with it a library of Standard Webhooks tells messages of this
        service from others. It is shown now and never again.
      </p>
      <p>
        <input
          ref={field}
          className="secret"
          aria-label="Secret"
          readOnly
          value={made.secret}
          onFocus={(event) => event.target.select()}
        />
      </p>
      <div className="actions">
        <button type="button" onClick={() => void copy()}>
          {isCopied ? 'Copied' : globalThis.isSecureContext ? 'Copy' : 'Choose it'}
        </button>
        <button type="button" className="primary" onClick={onClose}>
          I have it
        </button>
      </div>
    </Dialog>
  );
}
