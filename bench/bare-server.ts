// A server that does the least the measured call can be done with: `node bare-server.ts FILE`,
// where FILE holds a `Bare` as JSON. It is the limit that a figure is set beside.
import { createReadStream, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream';
import type { Bare } from './limits.ts';

const bare = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Bare;

const server = createServer(listenerOf(bare)).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) console.log(`listening on ${address.port}`);
});

function listenerOf(of: Bare): RequestListener {
  switch (of.kind) {
    case 'bytes': {
      const body = Buffer.from(of.answer.body);
      return (_request, response) => {
        response.writeHead(of.answer.status, of.answer.headers).end(body);
      };
    }
    case 'insert':
      return insertListener(of);
    case 'file':
      return (_request, response) => {
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-length': of.size,
        });
        pipeline(createReadStream(of.path, { highWaterMark: 1024 * 1024 }), response, () => {});
      };
  }
}

function insertListener(of: Extract<Bare, { kind: 'insert' }>): RequestListener {
  const database = new DatabaseSync(of.database);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO rows (body) VALUES (?)');
  const body = Buffer.from(of.answer.body);
  return (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      insert.run(Buffer.concat(parts).toString());
      response.writeHead(of.answer.status, of.answer.headers).end(body);
    });
  };
}
