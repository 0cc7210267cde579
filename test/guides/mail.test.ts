import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { codeBlocks, runCommands } from '../support/documents.ts';
import { createImage, until } from '../support/image-calls.ts';
import {
  codeIn,
  type MailServer,
  mailEnvironment,
  mailServer,
  unsubscribeUrl,
} from '../support/mail-server.ts';
import { type RunningService, runService, sharedRun } from '../support/running-service.ts';
import { noteSecret } from '../support/secrets.ts';
import { emptyFolder } from '../support/service-process.ts';
import { callVitrine } from '../support/vitrine-calls.ts';

const login = { user: 'vitrine', pass: 'the pass of this mail server' };
const address = 'somebody@example.org';
const mail = await mailServer({ login });
after(() => mail[Symbol.asyncDispose]());
const environment = { ...(await mailEnvironment(mail, login)), VITRINE_MAIL_QUOTA: '2' };
const service = await sharedRun({ environment });

/** Adds an address and gives the code back. */
async function verified(service: RunningService, mail: MailServer, address: string) {
  const before = mail.mails.length;
  const added = await callVitrine(service, 'POST', 'mail', { address });
  assert.equal(added.status, 201, added.text);
  const code = codeIn(await mail.mail(before));
  noteSecret(code);
  const done = await callVitrine(service, 'POST', `mail/${added.json.id}/verification`, { code });
  assert.equal(done.status, 200, done.text);
  return done.json;
}

async function offer(service: RunningService, name: string, note: string): Promise<void> {
  const id = await createImage(service, { name });
  const { json } = await callVitrine(
    service,
    'POST',
    'shares',
    {
      images: [id],
      members: ['consumer'],
      note,
    },
    'producer',
  );
  assert.equal(json.results?.[0]?.error ?? null, null, JSON.stringify(json));
}

test('the commands of the guide to mail do what it says', async () => {
  const [add = '', verify = '', change = ''] = await codeBlocks('mail.md', 'sh');
  const env = {
    OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
    OS_CLOUD: 'vitrine-consumer',
  };

  const added = await runCommands(add, env);
  const code = codeIn(await mail.mail(0));
  noteSecret(code);
  const listed = await runCommands(verify, { ...env, CODE: code });
  const said = await runCommands(`npx vitrine mail change ${address} 2>&1 || true`, env);
  const { id } = (await callVitrine(service, 'GET', 'mail')).json.addresses[0];
  const nothing = await callVitrine(service, 'PUT', `mail/${id}`, {});
  const changed = await runCommands(change, env);
  const { json } = await callVitrine(service, 'GET', 'mail');

  assert.match(added, /^events +offer,warning$/m);
  assert.match(listed, /^\S{36} +somebody@example\.org +daily +offer,warning +20\d\d-/m);
  assert.match(said, /Give --when, --event or both\.$/m);
  assert.equal(nothing.status, 400);
  assert.match(nothing.text, /At least one of mode, events is wanted\./);
  assert.match(changed, /^when +at_once$/m);
  assert.match(changed, /^verified already$/m);
  assert.deepEqual(json, { addresses: [], sends_mail: true });
});

test('the configuration of the guide to mail is taken, and half of it is not', async () => {
  const [file = ''] = await codeBlocks('mail.md', 'yaml');
  const half = file.split('\n').filter((line) => line.startsWith('smtp_url'));
  const load = (text: string) => loadConfig({ VITRINE_CONFIG: 'vitrine.yaml' }, () => text);

  assert.deepEqual(load(file).smtpUrl, {
    ...{ host: 'mail.example.org', port: 465, isSecure: true },
    login: { user: 'vitrine', pass: 'password' },
  });
  assert.throws(() => load(half.join('\n')), /mail_from.*\n.*public_endpoint/);
  for (const url of [
    'mail.example.org',
    'http://a.org',
    'smtp://:pass@a.org',
    'smtp://a.org/?x=1',
  ]) {
    const wrong = file.replace(/smtp_url: .*/, `smtp_url: ${JSON.stringify(url)}`);
    assert.throws(() => load(wrong), /smtp_url: a URL such as/);
  }
});

test('an address is told what is offered, and whoever reads it ends that by a link', async () => {
  const address = 'leaves@example.org';
  const begun = mail.mails.length;
  const { id } = await verified(service, mail, address);

  await offer(service, 'ubuntu', 'Log in as <b>ubuntu</b>.\r\nBcc: all@example.org');
  const notice = await mail.mail(begun + 1);
  const url = unsubscribeUrl(notice);
  noteSecret(url.split('.').at(-1));
  const looked = await fetch(url);
  const kept = (await callVitrine(service, 'GET', 'mail')).json.addresses;
  const forged = await fetch(`${url.slice(0, -4)}AAAA`, { method: 'POST' });
  const body = 'List-Unsubscribe=One-Click';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const left = await fetch(url, { method: 'POST', headers, body });
  const again = await fetch(url, { method: 'POST', headers, body });
  await offer(service, 'debian', 'unread');

  assert.match(notice.subject, /^producer offers the image "ubuntu"$/);
  assert.match(notice.text, /^ {2}> Log in as <b>ubuntu<\/b>\.\n {2}> Bcc: all@example\.org$/m);
  assert.deepEqual(notice.to, [address]);
  assert.deepEqual([looked.status, forged.status, left.status, again.status], [200, 404, 200, 200]);
  assert.match(await looked.text(), /<form method="post">/);
  assert.match(looked.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.deepEqual(
    kept.map((one: { readonly id: string }) => one.id),
    [id],
  );
  assert.deepEqual((await callVitrine(service, 'GET', 'mail')).json, {
    addresses: [],
    sends_mail: true,
  });
  // Nor is a code sent to who has just asked for no more.
  const anew = await callVitrine(service, 'POST', 'mail', { address });
  assert.equal(anew.status, 429, anew.text);
  assert.equal(mail.mails.length, begun + 2);
});

test('codes can be guessed a few times, and are sent a few times', async () => {
  const address = 'guesses@example.org';
  const begun = mail.mails.length;
  const { id } = (await callVitrine(service, 'POST', 'mail', { address })).json;
  const code = codeIn(await mail.mail(begun));
  noteSecret(code);
  const verify = (text: string) =>
    callVitrine(service, 'POST', `mail/${id}/verification`, { code: text });

  const wrong = code === '00000000' ? '11111111' : '00000000';
  const guesses = await Promise.all(Array.from({ length: 5 }, () => verify(wrong)));
  const late = await verify(code);
  const more = [await callVitrine(service, 'POST', `mail/${id}/code`, {})];
  const second = codeIn(await mail.mail(begun + 1));
  noteSecret(second);
  const foreign = [
    await callVitrine(service, 'POST', `mail/${id}/verification`, { code: second }, 'producer'),
    await callVitrine(service, 'PUT', `mail/${id}`, { mode: 'daily' }, 'producer'),
    await callVitrine(service, 'POST', `mail/${id}/code`, {}, 'producer'),
    await callVitrine(service, 'DELETE', `mail/${id}`, undefined, 'producer'),
  ];
  const taken = await verify(second);
  const twice = await callVitrine(service, 'POST', 'mail', { address: address.toUpperCase() });
  // The same person in other projects is asked once more, and then no more.
  const elsewhere = [
    await callVitrine(service, 'POST', 'mail', { address }, 'producer'),
    await callVitrine(service, 'POST', 'mail', { address }, 'admin'),
  ];
  const invalid = await callVitrine(service, 'POST', 'mail', {
    address: `${address}, other@example.org`,
  });
  const next = await callVitrine(service, 'POST', 'mail', { address: 'other@example.org' });
  const third = await callVitrine(service, 'POST', 'mail', { address: 'third@example.org' });

  const statuses = (answers: readonly { readonly status: number }[]) =>
    answers.map(({ status }) => status);
  assert.deepEqual(statuses(guesses), [400, 400, 400, 400, 400]);
  assert.deepEqual(statuses([late, ...more]), [400, 204]);
  assert.deepEqual(statuses(foreign), [404, 404, 404, 404]);
  assert.deepEqual(statuses([taken, twice, ...elsewhere]), [200, 409, 201, 429]);
  assert.deepEqual(statuses([invalid, next, third]), [400, 201, 413]);
  assert.match(invalid.text, /address: one mail address/);
});

test('what was told to nobody before a crash is told after it', async () => {
  await using folder = await emptyFolder();
  await using mail = await mailServer({ login });
  const environment = await mailEnvironment(mail, login);
  await using crashed = await runService({ folder: folder.path, environment });
  await verified(crashed, mail, address);
  mail.refuses = () => 451;
  await offer(crashed, 'ubuntu', 'kept');
  await until('it was tried', async () => {
    const { json } = await callVitrine(crashed, 'GET', 'mail');
    return json.addresses[0].attempts > 0;
  });
  await crashed.crash();
  mail.refuses = () => undefined;

  await using service = await runService({ folder: folder.path, environment });
  const notice = await mail.mail(1);

  assert.match(notice.subject, /"ubuntu"/);
  await until('it is known to be told', async () => {
    const { json } = await callVitrine(service, 'GET', 'mail');
    return json.addresses[0].attempts === 0;
  });
});
