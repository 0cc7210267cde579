import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';

// Run as a process of its own: asks the same over many connections, on each as soon as it was answered, until it is ended. It then
// says how often each status came, and how many of the refusals said when to come again.
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '' },
    path: { type: 'string', default: '' },
    token: { type: 'string', default: '' },
    connections: { type: 'string', default: '' },
  },
});

const statuses: Record<string, number> = {};
let [told, isEnding] = [0, false];

const question = `GET ${values.path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${values.token}\r\n\r\n`;

function ask(socket: Socket): void {
  let head = '';
  let missing = -1;
  socket.write(question);
  socket.on('data', (bytes) => {
    if (missing < 0) {
      head += bytes.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      missing = length - (head.length - end - 4);
      note(head.slice(0, end));
    } else {
      missing -= bytes.length;
    }
    if (missing > 0) return;
    [head, missing] = ['', -1];
    if (!isEnding) socket.write(question);
  });
}

function note(head: string): void {
  const status = head.slice(9, 12);
  statuses[status] = (statuses[status] ?? 0) + 1;
  if (status === '503' && /retry-after: \d+/i.test(head)) told += 1;
}

for (let n = 0; n < Number(values.connections); n += 1) {
  const socket = connect(Number(values.port), '127.0.0.1', () => ask(socket));
  socket.on('error', () => {
    statuses['lost'] = (statuses['lost'] ?? 0) + 1;
  });
}

process.once('SIGTERM', () => {
  isEnding = true;
  process.stdout.write(JSON.stringify({ statuses, told }), () => process.exit(0));
});
