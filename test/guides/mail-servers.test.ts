import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { loadConfig } from '../../src/config.ts';
import { mailSender } from '../../src/service/mail-sender.ts';
import { certify } from '../support/certificates.ts';
import { createImage, until } from '../support/image-calls.ts';
import { codeIn, type MailServer, mailEnvironment, mailServer } from '../support/mail-server.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { noteSecret } from '../support/secrets.ts';
import { emptyFolder } from '../support/service-process.ts';
import { callVitrine } from '../support/vitrine-calls.ts';

// Services by themselves: which authorities they believe is said when they start, and they are killed.

const login = { user: 'vitrine', pass: 'the pass of this mail server' };
const address = 'somebody@example.org';
const keys = await emptyFolder();
after(() => keys[Symbol.asyncDispose]());
const authority = certify({ name: 'ca' });
const { key, certificate: cert } = certify({
  ...{ name: 'mail', issuer: authority },
  address: [0, 0, 0, 0],
});
const caFile = join(keys.path, 'ca.pem');
await writeFile(caFile, authority.certificate);

const server = (isImplicit: boolean) => mailServer({ login, tls: { key, cert, isImplicit } });

/** What is answered to what has to go well. */
async function done(...asked: Parameters<typeof callVitrine>) {
  const { status, json, text } = await callVitrine(...asked);
  assert(status < 300, `${asked[1]} ${asked[2]}: ${status} ${text}`);
  return json;
}

async function offer(service: RunningService, name: string): Promise<void> {
  const id = await createImage(service, { name });
  await done(service, 'POST', 'shares', { images: [id], members: ['consumer'] }, 'producer');
}

/** Kills a service as soon as it was told that its message is taken, before it can have read that. */
function killWhenTaken(mail: MailServer, service: RunningService): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  mail.answer = (say) => {
    mail.answer = (next) => next();
    resolve(stopAndKill(service, say));
  };
  return promise;
}

async function stopAndKill(service: RunningService, whileStopped: () => void): Promise<void> {
  service.kill('SIGSTOP');
  await until('it stands still', async () => {
    const stat = await readFile(`/proc/${service.pid}/stat`, 'utf8');
    return /\) T /.test(stat);
  });
  whileStopped();
  await setTimeout(20);
  await service.crash();
}

describe('a mail server with TLS', { concurrency: true }, () => {
  test('is handed mail by STARTTLS when its authority is believed, and else nothing', async () => {
    await using mail = await server(false);
    const environment = await mailEnvironment(mail, login);
    // This process believes the authorities of the machine alone.
    const { smtpUrl } = loadConfig({ ...environment }, () => '');
    assert(smtpUrl);
    await using doubtful = mailSender({ server: smtpUrl, from: 'images@example.org' });
    const message = { to: address, subject: 'one', text: 'two', id: 'three@example.org' };
    const unsubscribe = 'https://images.example.org/';
    const refused = doubtful.send({ ...message, unsubscribe }, new AbortController().signal);

    await using service = await runService({
      environment: { ...environment, NODE_EXTRA_CA_CERTS: caFile },
    });
    await done(service, 'POST', 'mail', { address });
    const code = await mail.mail(0);
    noteSecret(codeIn(code));

    assert.partialDeepStrictEqual(await refused, { isSent: false, isRefused: false });
    assert.match(codeIn(code), /^\d{8}$/);
    assert.equal(code.isEncrypted, true);
    assert.deepEqual([mail.mails.length, mail.logins], [1, 1]);
  });

  test('is sent again what it took just before a crash, by TLS from the beginning, and then no more', async () => {
    await using folder = await emptyFolder();
    await using mail = await server(true);
    const environment = { ...(await mailEnvironment(mail, login)), NODE_EXTRA_CA_CERTS: caFile };
    const start = () => runService({ folder: folder.path, environment });
    await using service = await start();
    const { id } = await done(service, 'POST', 'mail', { address });
    const code = codeIn(await mail.mail(0));
    noteSecret(code);
    await done(service, 'POST', `mail/${id}/verification`, { code });
    const isDead = killWhenTaken(mail, service);
    await offer(service, 'ubuntu');
    await isDead;

    await using restarted = await start();
    const [notice, again] = [await mail.mail(1), await mail.mail(2)];
    await offer(restarted, 'debian');
    const next = await mail.mail(3);

    assert.match(notice.subject, /"ubuntu"/);
    assert.equal(again.headers.get('message-id'), notice.headers.get('message-id'));
    assert.deepEqual([again.subject, again.text], [notice.subject, notice.text]);
    assert.match(next.subject, /"debian"$/);
    assert.doesNotMatch(next.text, /ubuntu/);
    assert(mail.mails.every(({ isEncrypted }) => isEncrypted));
  });
});
