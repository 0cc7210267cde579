// JavaScript, since a thread that reads TypeScript loads a compiler of its own: 11 MiB each.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/** @import { CheckpointAnswer, CheckpointOrder } from './checkpoints.ts' */

/** How long a checkpoint waits for those who read in the log, ms. */
const patience = 200;

/**
 * @param {boolean} readOnly
 * @returns {DatabaseSync}
 */
function open(readOnly) {
  const database = new DatabaseSync(workerData, { readOnly });
  database.exec(`PRAGMA busy_timeout = ${patience}; PRAGMA cache_size = -256`);
  return database;
}

const database = open(false);
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
const reader = open(true);
const look = reader.prepare('SELECT 1 FROM sqlite_schema LIMIT 1');
const version = database.prepare('PRAGMA user_version');

/**
 * Brings what is in the log into the file while others go on writing. Meanwhile somebody reads in the log, so that none
 * of them finds it done with: whoever does begins the log anew, and waits for the disk.
 */
function copy() {
  reader.exec('BEGIN');
  look.get();
  database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  return true;
}

/** Brings the rest there, and begins the log anew; nobody writes meanwhile. False when somebody still reads in it. */
function restart() {
  reader.exec('COMMIT');
  const { busy } = database.prepare('PRAGMA wal_checkpoint(RESTART)').get() ?? {};
  if (busy !== 0) return false;
  // The first commit writes the log's new head, and syncs it.
  database.exec(`PRAGMA user_version = ${Number(version.get()?.['user_version'])}`);
  return true;
}

function close() {
  reader.close();
  database.close();
  parentPort?.close();
  return true;
}

const orders = { copy, restart, close };

/**
 * @param {CheckpointOrder} order
 * @returns {CheckpointAnswer}
 */
function carryOut(order) {
  try {
    return { isDone: orders[order]() };
  } catch (error) {
    if (reader.isOpen && reader.isTransaction) reader.exec('ROLLBACK');
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
    return { isDone: false, failure: { message: String(error), errcode } };
  }
}

parentPort?.on('message', (order) => parentPort?.postMessage(carryOut(order)));
