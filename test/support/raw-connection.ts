import { once } from 'node:events';
import { connect } from 'node:net';

/** A connection on which a test says, byte for byte, what no HTTP client would. */
export interface RawConnection extends AsyncDisposable {
  write(text: string | Uint8Array): void;
  /** What the service has said once `pattern` is in it, or once it has closed the connection. */
  until(pattern: RegExp): Promise<string>;
  /** All that the service has said by the time that it closes the connection. */
  closed(): Promise<string>;
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' });
  let said = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    said += text;
  });
  // A service that cuts off whoever goes on sending resets the connection.
  socket.on('error', () => undefined);
  const end = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');

  return {
    write: (text) => void socket.write(text),

    async until(pattern) {
      while (!pattern.test(said) && !socket.closed) {
        await Promise.race([once(socket, 'data'), end]);
      }
      return said;
    },

    async closed() {
      await end;
      return said;
    },

    async [Symbol.asyncDispose]() {
      socket.destroy();
      await end;
    },
  };
}
