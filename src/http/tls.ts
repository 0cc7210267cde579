import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { FastifyBaseLogger, FastifyInstance, FastifyServerFactory } from 'fastify';
import { type Certificate, type CertificateFiles, readCertificate } from './certificate.ts';
import type { Network } from './network.ts';

/** A server that speaks TLS 1.2 and newer, bounded like the one without. */
export interface TlsServing {
  readonly serverFactory: FastifyServerFactory;
  /** Gives new connections what is new in the files, until `app` closes. */
  follow(app: FastifyInstance): void;
}

/** @throws Error for the operator when the certificate cannot be used. */
export function tlsServing(files: CertificateFiles, { times, maxHeaderSize }: Network): TlsServing {
  const certificate = readCertificate(files);
  const servers: Server[] = [];
  return {
    serverFactory(handler) {
      const limits = {
        maxHeaderSize,
        headersTimeout: times.head,
        connectionsCheckingInterval: times.interval,
        // Nothing else bounds a client that connects and then says nothing.
        handshakeTimeout: times.head,
      };
      const server = createServer({ ...certificate, ...limits }, handler);
      server.keepAliveTimeout = times.keepAlive;
      server.requestTimeout = 0;
      server.setTimeout(times.silence);
      servers.push(server);
      return server;
    },

    follow(app) {
      tellValidity(certificate, app.log);
      const look = changesOf(files, certificate);
      const timer = setInterval(() => {
        void look().then((found) => {
          if (found) renew(servers, found, app.log);
        });
      }, times.interval);
      timer.unref();
      app.addHook('onClose', async () => clearInterval(timer));
    },
  };
}

function renew(servers: readonly Server[], find: () => Certificate, log: FastifyBaseLogger): void {
  try {
    const certificate = find();
    for (const server of servers) server.setSecureContext(certificate);
    log.info('New connections get a new certificate.');
    tellValidity(certificate, log);
  } catch (cause) {
    log.error({ err: cause }, 'The new certificate is no good; the one before stays in use.');
  }
}

function tellValidity({ notBefore, notAfter }: Certificate, log: FastifyBaseLogger): void {
  const now = new Date();
  if (notBefore <= now && now <= notAfter) return;
  log.warn({ notBefore, notAfter }, 'The certificate is not valid at this time.');
}

/** Makes a function that looks for changes; it gives what reads the new certificate, once for each change. */
function changesOf(
  files: CertificateFiles,
  inUse: Certificate,
): () => Promise<(() => Certificate) | undefined> {
  let judged = fingerprint([inUse.cert, inUse.key]);
  let seen = judged;
  let isLooking = false;
  return async () => {
    // A folder that hangs is asked once.
    if (isLooking) return undefined;
    isLooking = true;
    const found = fingerprint(await Promise.all([textOf(files.certFile), textOf(files.keyFile)]));
    isLooking = false;
    // One file changes before the other: only what has stood for a while is judged.
    const isNew = found === seen && found !== judged;
    seen = found;
    if (!isNew) return undefined;
    judged = found;
    return () => readCertificate(files);
  };
}

/** Empty for a file that cannot be read. */
async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

/** So that no second copy of the key stays in memory. */
function fingerprint(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('base64');
}
