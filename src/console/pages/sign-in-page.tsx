import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import { openSession, type Session } from '../../client/session.ts';
import { service } from '../browser/service.ts';
import { useTask } from '../browser/use-task.ts';
import { ThemeSwitch } from '../frame.tsx';
import { Problem } from '../parts/problem.tsx';

interface SignInPageProps {
  /** Whether somebody was signed in, and is no longer. */
  readonly hasEnded: boolean;
  readonly onSignIn: (session: Session) => Promise<void>;
}

/** Asks who it is. The password is sent to the identity service and kept nowhere. */
export function SignInPage({ hasEnded, onSignIn }: SignInPageProps): ReactNode {
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1>Vitrine</h1>
        <p className="lead">Disk images, shared between projects.</p>
        {hasEnded && (
          <p className="problem" role="alert">
            Your session has ended. Sign in again; you will be where you were.
          </p>
        )}
        <SignInForm onSignIn={onSignIn} />
        {service.isEmbedded && <FirstUsers />}
      </div>
      <ThemeSwitch />
    </main>
  );
}

function SignInForm({ onSignIn }: Pick<SignInPageProps, 'onSignIn'>): ReactNode {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [domain, setDomain] = useState('Default');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const signIn = useTask(async () => {
    const named = { name: user.trim(), domain: { name: domain.trim() || 'Default' } };
    const proof = { kind: 'password', user: named, password } as const;
    await onSignIn(openSession({ authUrl: service.authUrl, proof })).catch(explained);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void signIn.run();
  };
  return (
    <form onSubmit={submit}>
      <label>
        User
        <input
          ref={first}
          value={user}
          onChange={(event) => setUser(event.target.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
      </label>
      <label>
        Password
        <input
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="current-password"
          required
        />
      </label>
      {!service.isEmbedded && (
        <label>
          Domain
          <input value={domain} onChange={(event) => setDomain(event.target.value)} />
        </label>
      )}
      <Problem error={signIn.problem} />
      <button type="submit" className="primary" disabled={signIn.isRunning}>
        {signIn.isRunning ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}

/** What the identity service says of a wrong password is for programs. */
function explained(error: unknown): never {
  if (error instanceof ApiError && error.status === 401) {
    throw new ApiError('This user and password do not fit together.', { status: 400 });
  }
  throw error;
}

/** Where somebody finds a password who has just started the service. */
function FirstUsers(): ReactNode {
  return (
    <section className="hint">
      <h2>Just started it?</h2>
      <p>
        There are the users <code>producer</code>, <code>consumer</code> and <code>admin</code>.
        Their passwords are in the file <code>clouds.yaml</code> in the data folder of the service:
      </p>
      <pre>
        <code>cat data/clouds.yaml</code>
      </pre>
    </section>
  );
}
