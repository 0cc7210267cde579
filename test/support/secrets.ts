import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { parse } from 'yaml';

/**
 * Everything that was shown as a proof of who somebody is, to any service that this process runs or calls.
 * Tokens of the usual forms are not in here: whatever looks like one may be in no log, known or not.
 */
const known = new Set<string>();

/** Shorter text may be in a log for other reasons. */
const minLength = 8;

/** How tokens begin: those of the embedded identity service, and Keystone's. */
const tokenForms = [/\beyJ[\w-]{12,}/, /\bgAAAAA[\w-]{12,}/];

const secretFields = ['password', 'original_password', 'secret'] as const;
const secretHeaders = ['x-auth-token', 'x-subject-token', 'x-service-token'] as const;

/** Lets no log have this text from now on. */
export function noteSecret(text: unknown): void {
  if (typeof text !== 'string' || text.length < minLength) return;
  if (!tokenForms.some((form) => form.test(text))) known.add(text);
}

/** Notes the passwords in a body that is sent, be it JSON or no more than nearly. */
export function noteSecretsIn(body: unknown): void {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const text = isText ? Buffer.from(body).toString() : (JSON.stringify(body) ?? '');
  for (const [, secret] of text.matchAll(/"(?:original_)?(?:password|secret)"\s*:\s*"([^"]+)"/g)) {
    noteSecret(secret);
  }
}

/** Notes the passwords of a `clouds.yaml`, if there is a readable one. */
export async function noteSecretsOfClouds(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  for (const [, secret] of text.matchAll(
    /^\s*(?:password|application_credential_secret): (.*)$/gm,
  )) {
    noteSecret(scalar(secret ?? ''));
  }
}

function scalar(text: string): unknown {
  try {
    return parse(text);
  } catch {
    // A test has damaged the file; what is left of the password is as secret.
    return text.replaceAll('"', '');
  }
}

/** Checks what a service has logged. @throws AssertionError that shows the line without its secret */
export function checkLog(log: string): void {
  for (const form of tokenForms) {
    const [token] = form.exec(log) ?? [];
    assert(token === undefined, `a token is in the log: ${around(log, token ?? '')}`);
  }
  for (const secret of known) {
    assert(!log.includes(secret), `a secret is in the log: ${around(log, secret)}`);
  }
}

function around(log: string, secret: string): string {
  const line = log.split('\n').find((one) => one.includes(secret)) ?? '';
  return line.replaceAll(secret, '<secret>').slice(0, 500);
}

function noteHeaders(headers: Readonly<Record<string, unknown>>): void {
  for (const name of secretHeaders) noteSecret(headers[name]);
}

// Whoever sends, whatever answers, and by whichever library: it comes by here.
diagnostics.subscribe('http.client.request.start', (message) => {
  noteHeaders((message as { request: ClientRequest }).request.getHeaders());
});
diagnostics.subscribe('http.server.request.start', (message) => {
  noteHeaders((message as { request: IncomingMessage }).request.headers);
});
diagnostics.subscribe('http.server.response.finish', (message) => {
  noteHeaders((message as { response: ServerResponse }).response.getHeaders());
});
diagnostics.subscribe('undici:request:create', (message) => {
  const { headers } = (message as { request: { headers: readonly string[] | string } }).request;
  const parts = typeof headers === 'string' ? headers.split(/: |\r\n/) : headers;
  for (const [index, name] of parts.entries()) {
    if (secretHeaders.some((one) => one === name.toLowerCase())) noteSecret(parts[index + 1]);
  }
});
// Bodies that come from other processes, such as the command line.
diagnostics.subscribe('fastify.initialization', (message) => {
  const { fastify: app } = message as { fastify: FastifyInstance };
  app.addHook('preHandler', async ({ body }) => noteFields(body));
});

function noteFields(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [name, part] of Object.entries(value)) {
    if (secretFields.some((field) => field === name)) noteSecret(part);
    noteFields(part);
  }
}
