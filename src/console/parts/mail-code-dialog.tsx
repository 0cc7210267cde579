import { type FormEvent, type ReactNode, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import { type MailAddressBody, sendMailCode, verifyMailAddress } from '../../client/mail.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import { codeOf } from '../mail-choices.ts';
import { useTell } from '../messages.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

interface MailCodeDialogProps {
  readonly mail: MailAddressBody;
  readonly onClose: () => void;
}

/** Takes the code that shows that who reads at an address wants to be told there. */
export function MailCodeDialog({ mail, onClose }: MailCodeDialogProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [typed, setTyped] = useState('');
  const [outcome, setOutcome] = useState('');
  const verify = useTask(async () => {
    await verifyMailAddress(session, mail.id, codeOf(typed));
    tell({ text: `${mail.address} is verified, and told from now on.` });
    onClose();
  });
  const ask = useTask(async () => {
    setOutcome('');
    await sendMailCode(session, mail.id);
    setOutcome('Another code is on its way. Those before it are void.');
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void verify.run();
  };
  return (
    <Dialog title="Enter the code" onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          A message with a code of eight digits goes to{' '}
          <strong className="breakable">{mail.address}</strong>. The newest code alone counts, for
          an hour and for five tries.
        </p>
        <label>
          Code
          <input
            className="secret"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={typed}
            maxLength={32}
            required
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <Problem error={verify.problem} next={adviceOn(verify.problem)} />
        <Problem error={ask.problem} />
        <p role="status" className="note">
          {outcome}
        </p>
        <div className="actions">
          <button type="button" disabled={ask.isRunning} onClick={() => void ask.run()}>
            Send another code
          </button>
          <button type="button" onClick={onClose}>
            Later
          </button>
          <button type="submit" className="primary" disabled={verify.isRunning}>
            Verify
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function adviceOn(problem: unknown): string | undefined {
  const isWrong = problem instanceof ApiError && problem.status === 400;
  return isWrong ? 'Look at the newest message, or have another code sent.' : undefined;
}
