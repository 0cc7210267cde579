import { createContext, useContext } from 'react';
import { ApiError } from '../client/api-error.ts';
import type { ProjectDocument } from '../client/projects.ts';
import type { Grant, Named, Session } from '../client/session.ts';

/** Who is signed in, for which project. */
export interface Account {
  readonly session: Session;
  readonly user: Named;
  readonly project: Named;
  readonly roles: readonly string[];
  /** Where the user may go. */
  readonly projects: readonly ProjectDocument[];
  /** Goes on in another project. @throws ApiError */
  readonly enter: (projectId: string) => Promise<void>;
  readonly signOut: () => Promise<void>;
}

/** A grant that is for a project. */
export type ProjectGrant = Grant & { readonly project: Named };

const AccountContext = createContext<Account | undefined>(undefined);

export const AccountProvider = AccountContext.Provider;

/** The account of whoever is signed in. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (!account) throw new Error('Nobody is signed in.');
  return account;
}

/** A session that tells when its token is not taken any more. */
export function watchedSession(session: Session, onEnded: () => void): Session {
  async function watched<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) onEnded();
      throw error;
    }
  }
  return {
    grant: () => watched(session.grant()),
    userId: () => watched(session.userId()),
    projectId: () => watched(session.projectId()),
    send: (service, request) => watched(session.send(service, request)),
    call: (service, request) => watched(session.call(service, request)),
  };
}
