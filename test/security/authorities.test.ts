import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Certified, certify } from '../support/certificates.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import { emptyFolder, type ServiceProcess, spawnService } from '../support/service-process.ts';

/** Keeps the certificate and the key of `certified` as files of its name. @returns the certificate's */
async function keep(folder: string, { name, key, certificate }: Certified): Promise<string> {
  await writeFile(join(folder, `${name}.key`), key);
  await writeFile(join(folder, `${name}.crt`), certificate);
  return join(folder, `${name}.crt`);
}

let folder: Awaited<ReturnType<typeof emptyFolder>>;
let service: ServiceProcess;
let [ca, other, clouds] = ['', '', ''];

before(async () => {
  folder = await emptyFolder();
  const issuer = certify({ name: 'ca' });
  ca = await keep(folder.path, issuer);
  other = await keep(folder.path, certify({ name: 'other' }));
  await keep(folder.path, certify({ name: 'service', issuer, address: [127, 0, 0, 1] }));
  service = spawnService({
    VITRINE_PORT: '0',
    VITRINE_DATA_DIR: folder.path,
    VITRINE_TLS_CERT_FILE: join(folder.path, 'service.crt'),
    VITRINE_TLS_KEY_FILE: join(folder.path, 'service.key'),
  });
  await service.ready;
  clouds = join(folder.path, 'clouds.yaml');
  const entry = /^ {2}vitrine-admin:\n(?: {4}.*\n)+/m.exec(await readFile(clouds, 'utf8'))?.[0];
  assert(entry);
  const named = (name: string, cacert: string) =>
    entry.replace('vitrine-admin:', `${name}:\n    cacert: ${JSON.stringify(cacert)}`);
  await appendFile(clouds, named('believed', ca) + named('misled', other));
});

after(async () => {
  service.kill('SIGTERM');
  await service.exited;
  await folder[Symbol.asyncDispose]();
});

async function listUsers(
  env: Readonly<Record<string, string>>,
  cloud = 'vitrine-admin',
): Promise<CommandResult> {
  return await runCommand(['user', 'list', '--os-cloud', cloud], {
    env: { OS_CLIENT_CONFIG_FILE: clouds, ...env },
  });
}

test('a service is believed when clouds.yaml or OS_CACERT names its authority', async () => {
  const bundle = join(folder.path, 'bundle.pem');
  await writeFile(bundle, `# Ours\n${await readFile(other, 'utf8')}${await readFile(ca, 'utf8')}`);

  const results = await Promise.all([
    listUsers({}, 'believed'),
    listUsers({ OS_CACERT: ca }),
    listUsers({ OS_CACERT: ca }, 'misled'),
    listUsers({ OS_CACERT: bundle }),
    listUsers({ OS_CACERT: '~/ca.crt', HOME: folder.path }),
    listUsers({ OS_CACERT: other, NODE_EXTRA_CA_CERTS: ca }),
  ]);

  for (const { code, err, out } of results) {
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^[0-9a-f]{32} +producer /m);
  }
});

test('a service that nobody vouches for is told apart from one that does not run', async () => {
  const results = await Promise.all([listUsers({}), listUsers({}, 'misled')]);

  for (const { code, err } of results) {
    assert.equal(code, 1);
    assert.match(
      err,
      /^The certificate of https:\/\/127\.0\.0\.1:\d+ is not believed \([A-Z_]+\)\./,
    );
    assert.match(err, /cacert in clouds\.yaml or in OS_CACERT/);
  }
});

test('a file of authorities that cannot be used is named', async () => {
  const [text, broken] = ['text', 'broken'].map((name) => join(folder.path, name));
  assert(text && broken);
  await writeFile(text, 'no certificate');
  await writeFile(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  const files = [text, broken, join(folder.path, 'nowhere')];

  const results = await Promise.all(files.map((file) => listUsers({ OS_CACERT: file })));

  for (const [index, { code, err }] of results.entries()) {
    assert.equal(code, 2);
    assert(err.startsWith(`${files[index]} cannot be used (`), err);
  }
});
