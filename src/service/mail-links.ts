import { createHmac, timingSafeEqual } from 'node:crypto';

/** What only who holds the service's key can write, of addresses. */
export interface MailLinks {
  /** What a link to unsubscribe an address has in it. */
  token(id: string): string;
  /** The id in a token; undefined when the service has not written it. */
  idIn(token: string): string | undefined;
  /** A code as it is kept. */
  codeHash(id: string, code: string): string;
}

/** @param key the same for every process on the database */
export function mailLinks(key: Uint8Array): MailLinks {
  const sign = (use: string, text: string) =>
    createHmac('sha256', key).update(`${use}\n${text}`).digest('base64url');
  return {
    token: (id) => `${id}.${sign('unsubscribe', id)}`,
    idIn(token) {
      const dot = token.indexOf('.');
      const id = token.slice(0, Math.max(dot, 0));
      return isEqual(token.slice(dot + 1), sign('unsubscribe', id)) ? id : undefined;
    },
    codeHash: (id, code) => sign('code', `${id}\n${code}`),
  };
}

/** Compares without telling by the time taken where two texts differ. */
export function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
