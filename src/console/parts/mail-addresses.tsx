import { type ReactNode, useCallback, useState } from 'react';
import { listMailAddresses, type MailAddressBody, removeMailAddress } from '../../client/mail.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { useRemainingFocus } from '../browser/use-remaining-focus.ts';
import { mailChoiceText, mailStateText } from '../mail-choices.ts';
import { useTell } from '../messages.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { MailAddressDialog } from './mail-address-dialog.tsx';
import { MailCodeDialog } from './mail-code-dialog.tsx';
import { Problem } from './problem.tsx';

type Opened =
  | { readonly kind: 'add' }
  | { readonly kind: 'verify' | 'change' | 'remove'; readonly mail: MailAddressBody };

/** Where people of the project are told by mail what happens to its shares. */
export function MailAddresses(): ReactNode {
  const { session } = useAccount();
  const load = useCallback(() => listMailAddresses(session), [session]);
  const { value, problem, reload } = useLoaded(load);
  const { remaining, expectRemoval } = useRemainingFocus(value);
  const [opened, setOpened] = useState<Opened>();
  const isSending = value?.sends_mail !== false;
  return (
    <section className="card">
      <h2>Mail</h2>
      <Problem error={problem} onRetry={reload} />
      {!isSending && (
        <p>
          <strong>This service sends no mail.</strong> Whoever operates it has to name a mail server
          first: the setting is called <code>smtp_url</code>.
        </p>
      )}
      {isSending && value?.addresses.length === 0 && (
        <p className="quiet-text">
          Nobody yet. People at a mail address of yours are told of offers, answers and all else, at
          once or once in a while.
        </p>
      )}
      {value && value.addresses.length > 0 && (
        <ul className="receivers">
          {value.addresses.map((mail) => (
            <MailItem
              key={mail.id}
              mail={mail}
              isSending={isSending}
              onOpen={(kind) => setOpened({ kind, mail })}
            />
          ))}
        </ul>
      )}
      {isSending && (
        <p className="actions">
          <button type="button" ref={remaining} onClick={() => setOpened({ kind: 'add' })}>
            New mail address
          </button>
        </p>
      )}
      {opened && (
        <OpenedDialog
          opened={opened}
          onOpen={setOpened}
          onChanged={reload}
          onRemoved={() => {
            expectRemoval();
            reload();
          }}
        />
      )}
    </section>
  );
}

interface OpenedDialogProps {
  readonly opened: Opened;
  readonly onOpen: (next: Opened | undefined) => void;
  readonly onChanged: () => void;
  readonly onRemoved: () => void;
}

function OpenedDialog({ opened, onOpen, onChanged, onRemoved }: OpenedDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const close = () => onOpen(undefined);
  const { kind } = opened;
  if (kind === 'add' || kind === 'change') {
    return (
      <MailAddressDialog
        key={kind}
        mail={kind === 'add' ? undefined : opened.mail}
        onClose={close}
        onSaved={(mail) => {
          onChanged();
          onOpen(
            mail.verified_at === null && kind === 'add' ? { kind: 'verify', mail } : undefined,
          );
        }}
      />
    );
  }
  const { mail } = opened;
  if (kind === 'verify') {
    return (
      <MailCodeDialog
        mail={mail}
        onClose={() => {
          // By now it may be known how the message fared.
          onChanged();
          close();
        }}
      />
    );
  }
  return (
    <ConfirmDialog
      title="Remove the mail address?"
      verb="Remove"
      isDanger
      onClose={close}
      onConfirm={async () => {
        await removeMailAddress(session, mail.id);
        tell({ text: `${mail.address} is removed.` });
        onRemoved();
      }}
    >
      <p>
        <span className="breakable">{mail.address}</span> is told of nothing any more. Should it be
        added again, a new code has to be entered.
      </p>
    </ConfirmDialog>
  );
}

interface MailItemProps {
  readonly mail: MailAddressBody;
  readonly isSending: boolean;
  readonly onOpen: (kind: 'verify' | 'change' | 'remove') => void;
}

function MailItem({ mail, isSending, onOpen }: MailItemProps): ReactNode {
  const { address, verified_at: verified } = mail;
  return (
    <li>
      <span className="breakable">{address}</span>{' '}
      {verified === null ? (
        <span className="mark waiting">to be verified</span>
      ) : (
        <span className="mark good">verified</span>
      )}
      <div className="note">{mailChoiceText(mail)}</div>
      <div className="note">{mailStateText(mail)}</div>
      <div className="actions row-actions">
        {verified === null && isSending && (
          <button
            type="button"
            aria-label={`Enter the code sent to ${address}`}
            onClick={() => onOpen('verify')}
          >
            Enter the code
          </button>
        )}
        <button
          type="button"
          aria-label={`Change what ${address} is told`}
          onClick={() => onOpen('change')}
        >
          Change
        </button>
        <button
          type="button"
          className="danger-text"
          aria-label={`Remove the mail address ${address}`}
          onClick={() => onOpen('remove')}
        >
          Remove
        </button>
      </div>
    </li>
  );
}
