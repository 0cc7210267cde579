import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Child, runChild, startChild } from './child.ts';

// What an upload must do, by standard tools at once: read, both digests, write, reach the disk.
const uploadScript = `
mkfifo md5 sha512
openssl md5 < md5 > md5.txt & openssl sha512 < sha512 > sha512.txt &
cat "$1" | tee md5 sha512 > out
wait
sync out`;

/** The seconds that standard tools take for the work of `streams` parallel uploads of `file`. */
export async function uploadByTools(
  folder: string,
  file: string,
  streams: number,
): Promise<number> {
  const folders = await Promise.all(
    Array.from({ length: streams }, () => mkdtemp(join(folder, 'tools-'))),
  );
  try {
    const begin = performance.now();
    await Promise.all(
      folders.map((cwd) => runChild(['bash', '-ec', uploadScript, 'upload', file], cwd)),
    );
    return (performance.now() - begin) / 1000;
  } finally {
    await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** Serves the folder of `file` by nginx with sendfile; nothing when nginx is not installed. */
export async function startNginx(
  folder: string,
  file: string,
): Promise<(Child & { readonly url: string }) | undefined> {
  const installed = await promisify(execFile)('nginx', ['-v']).then(
    () => true,
    () => false,
  );
  if (!installed) return undefined;
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/nginx-${name};`)
    .join('\n');
  await writeFile(
    configuration,
    `daemon off;
worker_processes auto;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  sendfile on;
  ${temporary}
  server { listen 127.0.0.1:${port}; root ${dirname(file)}; }
}
`,
  );
  const child = await startChild(
    // nginx says nothing when it is ready, so the shell asks for the port until it answers.
    [
      'bash',
      '-c',
      `nginx -c "$0" &
       for n in $(seq 50); do (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && break; sleep 0.1; done
       echo listening; wait $!`,
      configuration,
    ],
    {},
    (line) => (line === 'listening' ? line : undefined),
  );
  return Object.assign(child, { url: `http://127.0.0.1:${port}` });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('No free port.');
  return address.port;
}
