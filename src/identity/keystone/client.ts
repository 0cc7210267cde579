import { DomainError } from '../../domain/errors.ts';
import { documentOf, isNotFound, unexpected } from './answers.ts';
import type { KeystoneAnswer, KeystoneConnection } from './connection.ts';
import { KeystoneFailure } from './failure.ts';
import { withRetries } from './retries.ts';
import type { ServiceLogin } from './service-login.ts';
import { untilAborted } from './until-aborted.ts';

/** A question to Keystone, asked as the service user. */
export interface Question<T> {
  /** Below Keystone's URL. */
  readonly path: string;
  /** The token that the question is about. */
  readonly subjectToken?: string;
  /** What is wanted of the answer's document; throws when it is not there. */
  readonly parse: (json: unknown) => T;
}

/** Asks Keystone as the service user. */
export interface KeystoneClient {
  /**
   * What Keystone says; undefined when it does not know the subject.
   *
   * @throws DomainError `IdentityUnavailable` with the reason as its cause
   */
  ask<T>(question: Question<T>): Promise<T | undefined>;
}

export interface KeystoneClientOptions {
  readonly connection: KeystoneConnection;
  readonly login: ServiceLogin;
  /** Milliseconds until a question is given up, with whatever it takes: waiting, login, retries. */
  readonly timeout: number;
}

/** Questions that may wait for their answers; it bounds the memory of a rush that Keystone cannot follow. */
const maxWaiting = 10_000;

/** Without it Keystone says nothing of tokens that have access rules. */
const knowsAccessRules = { 'openstack-identity-access-rules': '1.0' };

/** A client that logs in by itself, and again when its token has ended. */
export function keystoneClient({
  connection,
  login,
  timeout,
}: KeystoneClientOptions): KeystoneClient {
  let waiting = 0;

  async function answerTo(
    { path, subjectToken }: Question<unknown>,
    signal: AbortSignal,
  ): Promise<KeystoneAnswer> {
    const send = async (token: string) => {
      const subject = subjectToken !== undefined && { 'x-subject-token': subjectToken };
      const headers = { 'x-auth-token': token, ...knowsAccessRules, ...subject };
      return await connection.send({ method: 'GET', path, headers, signal });
    };
    const token = await untilAborted(login.token(), signal);
    const answer = await send(token);
    if (answer.status !== 401) return answer;
    login.discard(token);
    return await send(await untilAborted(login.token(), signal));
  }

  async function attempt<T>(question: Question<T>, signal: AbortSignal): Promise<T | undefined> {
    const answer = await answerTo(question, signal);
    if (isNotFound(answer)) return undefined;
    if (answer.status !== 200) throw unexpected(answer, whyRefused(answer.status));
    const { subjectToken } = question;
    if ((answer.subjectToken ?? subjectToken) !== subjectToken) {
      throw new KeystoneFailure('The answer is about another token.', { isPassing: true });
    }
    return documentOf(answer, question.parse);
  }

  return {
    async ask(question) {
      if (waiting >= maxWaiting) throw unavailable(new Error('Too many questions wait already.'));
      waiting += 1;
      const signal = AbortSignal.timeout(timeout);
      try {
        return await withRetries(() => attempt(question, signal), signal);
      } catch (cause) {
        if (!signal.aborted) throw unavailable(cause);
        const message = `Keystone did not answer within ${timeout} ms.`;
        throw unavailable(new KeystoneFailure(message, { isPassing: true, cause }));
      } finally {
        waiting -= 1;
      }
    },
  };
}

function whyRefused(status: number): string {
  return status === 401 || status === 403 ? ' to the service user: does it lack a role?' : '';
}

function unavailable(cause: unknown): DomainError {
  const text = 'The identity service cannot be asked at this moment; try again shortly.';
  return new DomainError('IdentityUnavailable', text, { cause });
}
