// Given to Node's test runner: one server for all files of a run.

import { startServer } from './databases.ts';
import type { PostgresServer } from './server.ts';

let server: PostgresServer | undefined;

export async function globalSetup(): Promise<void> {
  server = await startServer();
}

export async function globalTeardown(): Promise<void> {
  await server?.[Symbol.asyncDispose]();
}
