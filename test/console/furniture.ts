import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { setTimeout } from 'node:timers/promises';
import { iso, qcow2 } from '../support/disk-images.ts';
import { codeIn, type MailServer } from '../support/mail-server.ts';
import type { RunningService } from '../support/running-service.ts';
import { noteSecret } from '../support/secrets.ts';

/** What there is to look at. */
export interface Furniture {
  /** An image of the producer, with all that an image can have. */
  readonly imageId: string;
}

const names = [
  ...['debian-13-cloud-amd64', 'debian-12-cloud-amd64', 'ubuntu-26.04-server', 'fedora-44-cloud'],
  ...['windows-server-2025-core', 'rescue', 'gitlab-runner-2026.11', 'router-appliance-8.2'],
  'an-image-whose-name-is-so-long-that-it-fits-no-column-of-any-list-however-wide-the-screen-may-be',
];

/** Gives a service images, properties, tags and shares in every state, as its clients would. */
export async function furnish(service: RunningService, mail: MailServer): Promise<Furniture> {
  const producer = callerOf(service, await service.token('producer'));
  const consumer = callerOf(service, await service.token('consumer'));
  const ids: string[] = [];
  for (const [index, name] of names.entries()) ids.push(await makeImage(producer, name, index));
  const [first = '', ...others] = ids;
  await producer('PUT', `/vitrine/v1/shares/${first}/consumer`, {
    note: 'With our agents; tell us what is missing.',
    expires_at: new Date(Date.now() + 30 * 24 * 3600 * 1000).toISOString(),
  });
  for (const id of others.slice(0, 4))
    await producer('PUT', `/vitrine/v1/shares/${id}/consumer`, {});
  await producer('PUT', `/vitrine/v1/shares/${first}/partner-of-another-cloud`, {});
  const answers = [
    ['accepted', others[1]],
    ['rejected', others[2]],
  ] as const;
  for (const [answer, id] of answers) {
    await consumer('POST', '/vitrine/v1/inbox/answers', { images: [id], answer });
  }
  await askForImages({ producer, consumer }, ids);
  await makeFamilies(producer, ids);
  await setUp(consumer);
  await addMailAddresses(consumer, mail);
  return { imageId: first };
}

/** A family with versions in every state, and another without any to roll back to. */
async function makeFamilies(producer: Call, ids: readonly string[]): Promise<void> {
  const { projects } = (await producer('GET', '/identity/v3/auth/projects')) as {
    projects: { id: string; name: string }[];
  };
  const root = `/vitrine/v1/families/${projects.find(({ name }) => name === 'producer')?.id}`;
  const [newest = '', older = '', oldest = '', other = ''] = ids;
  for (const image_id of [oldest, older, newest]) {
    await producer('POST', `${root}/debian/promotion`, { image_id });
  }
  await producer('POST', `${root}/gitlab-runner/promotion`, { image_id: other });
  const day = 24 * 3600 * 1000;
  const deprecations = [
    [oldest, new Date(), newest],
    [older, new Date(Date.now() + 30 * day), null],
  ] as const;
  for (const [image, at, replacement_id] of deprecations) {
    const body = { deprecated_at: at.toISOString(), replacement_id };
    await producer('PUT', `${root}/debian/deprecations/${image}`, body);
  }
  await producer('PUT', `${root}/debian/members/consumer`, { note: 'our base image' });
  await producer('PUT', `${root}/debian/members/partner-of-another-cloud`, {});
}

/** Settings of each kind; nobody listens at these URLs. */
async function setUp(consumer: Call): Promise<void> {
  const url = 'http://127.0.0.1:8080/hooks/images?by=vitrine';
  await consumer('POST', '/vitrine/v1/webhooks', { url });
  const types = ['vitrine.request.made', 'vitrine.request.approved', 'vitrine.request.declined'];
  const longUrl = `http://127.0.0.1:8080/${'a-long-way-to-go/'.repeat(8)}`;
  await consumer('POST', '/vitrine/v1/webhooks', { url: longUrl, types });
  const end = new Date(Date.now() + 90 * 24 * 3600 * 1000).toISOString();
  const rules = [
    { producer: 'producer', name: 'fedora-*', family: 'fedora', expires_at: end },
    { producer: 'producer', name: 'never-offered' },
  ];
  for (const rule of rules) await consumer('POST', '/vitrine/v1/accept-rules', rule);
  await consumer('PUT', '/vitrine/v1/mutes/admin');
}

/** Addresses that are verified, that wait for their code, and that nobody reads at. */
async function addMailAddresses(consumer: Call, mail: MailServer): Promise<void> {
  const path = '/vitrine/v1/mail';
  const add = (address: string, choice = {}) => consumer('POST', path, { address, ...choice });
  const events = ['offer', 'warning', 'withdrawal'];
  const { id } = (await add('images@team.example.org', { mode: 'daily', events })) as MadeMail;
  const code = codeIn(await mail.mail(0));
  noteSecret(code);
  await consumer('POST', `${path}/${id}/verification`, { code });
  await add(`${'who-is-asked-'.repeat(4)}last@a-department-of-its-own.example.org`);
  noteSecret(codeIn(await mail.mail(1)));
  mail.refuses = (to) => (to.startsWith('nobody') ? 550 : undefined);
  await add('nobody@example.org');
  for (;;) {
    const { addresses } = (await consumer('GET', path)) as { readonly addresses: MadeMail[] };
    if (addresses.at(-1)?.attempts !== 0 && addresses[1]?.sent_at !== null) return;
    await setTimeout(50);
  }
}

interface MadeMail {
  readonly id: string;
  readonly attempts: number;
  readonly sent_at: string | null;
}

interface Two {
  readonly producer: Call;
  readonly consumer: Call;
}

/** Requests in every state, and images that can be asked for. */
async function askForImages({ producer, consumer }: Two, ids: readonly string[]) {
  const [wanted = '', given = '', refused = '', long = ''] = ids.slice(5);
  const reasons = [
    [
      wanted,
      'We rebuild our rescue stick with it each month, and would rather not copy it by hand.',
    ],
    [given, 'Runners of the team “payments”'],
    [refused, 'To try it'],
    [long, 'It says all there is to say: '.repeat(30)],
  ] as const;
  for (const [image_id, reason] of reasons) {
    await consumer('POST', '/vitrine/v1/requests', { image_id, reason });
  }
  const path = '/vitrine/v1/requests?side=received';
  const { requests } = (await producer('GET', path)) as {
    requests: { id: string; image_id: string }[];
  };
  const idOf = (image: string) => requests.find((one) => one.image_id === image)?.id;
  const approval = `/vitrine/v1/requests/${idOf(given)}/approval`;
  await producer('POST', approval, { note: 'Have fun with it.' });
  const word = 'It is licensed for our own racks alone.';
  await producer('POST', `/vitrine/v1/requests/${idOf(refused)}/refusal`, { word });
  const summary = 'Debian 13 with our agents, new each week';
  await producer('PUT', `/vitrine/v1/catalogue/${ids[0]}`, { summary });
  await producer('PUT', `/vitrine/v1/catalogue/${wanted}`, {});
}

export type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Calls a service as a user would by its token. */
export function callerOf({ url }: RunningService, token: string): Call {
  return async (method, path, body) => {
    const isData = Buffer.isBuffer(body);
    const type = isData ? 'application/octet-stream' : 'application/json';
    const answer = await fetch(url + path, {
      method,
      headers: { 'x-auth-token': token, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: isData ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

/** Makes an image, as a client would; those of an index above 0 are plain. */
export async function makeImage(call: Call, name: string, index: number): Promise<string> {
  const image = (await call('POST', '/v2/images', {
    name,
    disk_format: ['qcow2', 'raw', 'iso'][index % 3],
    container_format: 'bare',
    ...(index === 0 && {
      tags: ['released', 'team-base'],
      os_distro: 'debian',
      os_version: '13',
      hw_disk_bus: 'virtio',
      min_disk: 8,
      min_ram: 512,
    }),
  })) as { id: string };
  // One stays without data, as after an upload that failed.
  if (index !== 5) {
    const [begin = Buffer.alloc(0)] = [[qcow2(), Buffer.alloc(0), iso()][index % 3]];
    const data = Buffer.concat([begin, Buffer.alloc(300_000 * (index + 1), index)]);
    await call('PUT', `/v2/images/${image.id}/file`, data);
  }
  return image.id;
}
