import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import { addMailAddress, changeMailAddress, type MailAddressBody } from '../../client/mail.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import {
  eventsOf,
  type MailKind,
  type MailMode,
  mailKindNames,
  mailKinds,
  mailModeNames,
  mailModes,
} from '../mail-choices.ts';
import { useTell } from '../messages.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

interface MailAddressDialogProps {
  /** The one to change; undefined for a new one. */
  readonly mail: MailAddressBody | undefined;
  readonly onClose: () => void;
  readonly onSaved: (mail: MailAddressBody) => void;
}

/** Says where somebody is told by mail, when, and of what. */
export function MailAddressDialog({ mail, onClose, onSaved }: MailAddressDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [address, setAddress] = useState('');
  const [mode, setMode] = useState<MailMode>(mail?.mode ?? 'at_once');
  const [kinds, setKinds] = useState<ReadonlySet<MailKind>>(new Set(mail?.events ?? mailKinds));
  const save = useTask(async () => {
    const choice = { mode, events: eventsOf(kinds) };
    if (mail === undefined) return onSaved(await addMailAddress(session, address.trim(), choice));
    onSaved(await changeMailAddress(session, mail.id, choice));
    tell({ text: `What ${mail.address} is told is changed.` });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save.run();
  };
  return (
    <Dialog title={mail ? `Mail to ${mail.address}` : 'New mail address'} onClose={onClose}>
      <form onSubmit={submit}>
        {mail === undefined && <AddressField address={address} onChange={setAddress} />}
        <ModeField mode={mode} onChange={setMode} />
        <KindsField kinds={kinds} onChange={setKinds} />
        <Problem error={save.problem} next={adviceOn(save.problem)} />
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={kinds.size === 0 || save.isRunning}>
            {mail ? 'Change it' : 'Send a code there'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function adviceOn(problem: unknown): string | undefined {
  const isThere = problem instanceof ApiError && problem.status === 409;
  return isThere ? 'Close this, and look for it in the list.' : undefined;
}

interface AddressFieldProps {
  readonly address: string;
  readonly onChange: (address: string) => void;
}

function AddressField({ address, onChange }: AddressFieldProps): ReactNode {
  return (
    <label>
      Mail address
      <input
        type="email"
        value={address}
        maxLength={254}
        required
        autoComplete="email"
        placeholder="somebody@example.org"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

interface ModeFieldProps {
  readonly mode: MailMode;
  readonly onChange: (mode: MailMode) => void;
}

function ModeField({ mode, onChange }: ModeFieldProps): ReactNode {
  const id = useId();
  return (
    <label htmlFor={id}>
      How often
      <select
        id={id}
        value={mode}
        onChange={({ target }) => {
          const chosen = mailModes.find((one) => one === target.value);
          if (chosen) onChange(chosen);
        }}
      >
        {mailModes.map((one) => (
          <option key={one} value={one}>
            {mailModeNames[one]}
          </option>
        ))}
      </select>
    </label>
  );
}

interface KindsFieldProps {
  readonly kinds: ReadonlySet<MailKind>;
  readonly onChange: (kinds: ReadonlySet<MailKind>) => void;
}

function KindsField({ kinds, onChange }: KindsFieldProps): ReactNode {
  return (
    <fieldset className="choices">
      <legend>Told of</legend>
      {mailKinds.map((kind) => (
        <label key={kind}>
          <input
            type="checkbox"
            checked={kinds.has(kind)}
            onChange={({ target }) => {
              const others = [...kinds].filter((other) => other !== kind);
              onChange(new Set(target.checked ? [...others, kind] : others));
            }}
          />
          {mailKindNames[kind]}
        </label>
      ))}
    </fieldset>
  );
}
