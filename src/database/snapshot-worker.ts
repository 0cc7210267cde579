// A thread of its own: SQLite copies a large database for minutes, and whoever asked has other things to keep going.
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

const { from, to } = workerData as { readonly from: string; readonly to: string };

using database = new DatabaseSync(from, { readOnly: true });
database.exec('PRAGMA busy_timeout = 30000');
database.prepare('VACUUM INTO ?').run(to);
