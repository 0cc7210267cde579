import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from './child.ts';

/** What a bare server does for each request, whatever its path. */
export type Bare =
  /** Sends the same bytes. */
  | { readonly kind: 'bytes'; readonly answer: Answer }
  /** Writes the request's body to SQLite in one durable transaction, then sends the same bytes. */
  | { readonly kind: 'insert'; readonly answer: Answer; readonly database: string }
  /** Streams a file. */
  | { readonly kind: 'file'; readonly path: string; readonly size: number };

/** An answer of the service, to be sent again by a bare server. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Starts a bare server in a process of its own, on the Node that runs this. */
export async function startBare(
  folder: string,
  bare: Bare,
): Promise<Child & { readonly url: string }> {
  const description = join(folder, `bare-${crypto.randomUUID()}.json`);
  await writeFile(description, JSON.stringify(bare));
  const script = fileURLToPath(import.meta.resolve('./bare-server.ts'));
  const child = await startChild(
    [process.execPath, script, description],
    {},
    (line) => /listening on (\d+)/.exec(line)?.[1],
  );
  return Object.assign(child, { url: `http://127.0.0.1:${child.value}` });
}

/** Takes one answer of the service, but for the headers that Node's server writes by itself. */
export async function takeAnswer(
  url: string,
  token: string,
  call: { readonly method: string; readonly body?: string | undefined },
): Promise<Answer> {
  const response = await fetch(url, {
    method: call.method,
    headers: { 'x-auth-token': token, 'content-type': 'application/json' },
    ...(call.body === undefined ? {} : { body: call.body }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${call.method} ${url}: ${response.status} ${body}`);
  const headers = Object.fromEntries(response.headers);
  for (const own of ['date', 'connection', 'keep-alive', 'transfer-encoding']) delete headers[own];
  return { status: response.status, headers, body };
}
