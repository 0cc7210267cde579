import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a database that can be cut. */
export interface Between extends AsyncDisposable {
  readonly port: number;
  /** Breaks every connection and lets none through until `mend`. */
  cut(): void;
  /** Lets nothing through until `mend`, and breaks nothing. */
  stall(): void;
  mend(): void;
  /** Called with what goes to the database; true lets it get there, but its answer not come back. */
  breaksAfter: ((text: string) => boolean) | undefined;
}

/** Listens on a port, and hands on to the socket of a server in `folder`. */
export async function between(folder: string): Promise<Between> {
  const open = new Set<Socket>();
  let isCut = false;
  let isStalled = false;
  const way: Between = {
    port: 0,
    breaksAfter: undefined,
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    stall() {
      isStalled = true;
    },
    mend() {
      isCut = false;
      isStalled = false;
    },
    async [Symbol.asyncDispose]() {
      this.cut();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const database = connect(`${folder}/.s.PGSQL.5432`);
    let isDeaf = false;
    const end = () => {
      for (const socket of [client, database]) {
        open.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, database]) {
      open.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (bytes) => {
      if (isStalled) return;
      const text = bytes.toString('latin1');
      if (way.breaksAfter?.(text)) isDeaf = true;
      database.write(bytes);
    });
    database.on('data', (bytes) => {
      if (isDeaf) end();
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return Object.assign(way, { port });
}
