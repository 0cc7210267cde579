import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { listOwnProjects, type ProjectDocument } from '../client/projects.ts';
import { openSession, type Session } from '../client/session.ts';
import { signOut } from '../client/sign-out.ts';
import { type Account, AccountProvider, type ProjectGrant, watchedSession } from './account.ts';
import { service } from './browser/service.ts';
import { xhrData } from './browser/xhr-data.ts';
import { Frame } from './frame.tsx';
import { Messages } from './messages.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';

/** A token that is for a project, kept in memory alone: whoever loads the page again signs in again. */
interface SignedIn {
  readonly grant: ProjectGrant;
  readonly projects: readonly ProjectDocument[];
}

function tokenSession(token: string, projectId?: string): Session {
  const project = projectId === undefined ? {} : { project: { id: projectId } };
  return openSession(
    { authUrl: service.authUrl, proof: { kind: 'token', token, ...project } },
    { imageUrl: service.imageUrl, sendData: xhrData },
  );
}

/** What the token of a login opens: its own project, else the first where its user may go. */
async function enterSome(login: Session): Promise<SignedIn> {
  const grant = await login.grant();
  const projects = await listOwnProjects(login);
  if (grant.project) return { grant: { ...grant, project: grant.project }, projects };
  const [first] = projects;
  if (!first) {
    throw new Error('You have no role in any project. Ask an admin for one, then sign in again.');
  }
  return { grant: await enter(grant.token, first.id), projects };
}

async function enter(token: string, projectId: string): Promise<ProjectGrant> {
  const grant = await tokenSession(token, projectId).grant();
  if (!grant.project) throw new Error('The token is for no project.');
  return { ...grant, project: grant.project };
}

/** The console: whoever is not signed in is asked to, at whatever address. */
export function App(): ReactNode {
  const [signedIn, setSignedIn] = useState<SignedIn>();
  const [hasEnded, setEnded] = useState(false);

  const signIn = useCallback(async (login: Session) => {
    setSignedIn(await enterSome(login));
    setEnded(false);
  }, []);
  const end = useCallback(() => {
    setSignedIn(undefined);
    setEnded(true);
  }, []);

  if (!signedIn) return <SignInPage hasEnded={hasEnded} onSignIn={signIn} />;
  return (
    <Console
      key={signedIn.grant.project.id}
      {...signedIn}
      onEnter={(grant) => setSignedIn({ ...signedIn, grant })}
      onEnded={end}
      onLeft={() => setSignedIn(undefined)}
    />
  );
}

interface ConsoleProps extends SignedIn {
  readonly onEnter: (grant: ProjectGrant) => void;
  readonly onEnded: () => void;
  readonly onLeft: () => void;
}

function Console({ grant, projects, onEnter, onEnded, onLeft }: ConsoleProps): ReactNode {
  const { token, user, project, roles } = grant;
  const session = useMemo(() => watchedSession(tokenSession(token), onEnded), [token, onEnded]);
  const account: Account = {
    ...{ session, user, project, roles, projects },
    async enter(projectId) {
      onEnter(await enter(token, projectId));
    },
    async signOut() {
      await signOut(session).catch(() => undefined);
      onLeft();
    },
  };
  return (
    <AccountProvider value={account}>
      <Messages>
        <Frame />
      </Messages>
    </AccountProvider>
  );
}
