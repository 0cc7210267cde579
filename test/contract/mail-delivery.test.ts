import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { updateMailAddress } from '../../src/database/mail-addresses.ts';
import { spendBudget } from '../../src/database/mail-budgets.ts';
import { deleteOldEvents, insertProjectEvents } from '../../src/database/project-events.ts';
import { codeBudget } from '../../src/service/mail-addresses.ts';
import { mailSender } from '../../src/service/mail-sender.ts';
import {
  day,
  insertAddress,
  links,
  made,
  notedSockets,
  offersIn,
  scene,
  start,
  tell,
  until,
} from '../support/mail-scene.ts';
import { codeIn, mailServer, unsubscribeUrl } from '../support/mail-server.ts';

const hour = 3_600_000;
const oneClick = 'list-unsubscribe-post';

const letter = {
  ...{ to: 'me@example.org', subject: 'one', text: 'two', id: 'three@example.org' },
  unsubscribe: 'https://images.example.org/',
};

test('an event is told as plain text, in a message that can be unsubscribed from with one click', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, id, kept } = await scene(parts);

  await tell(database, ['übung']);
  const mail = await server.mail(0);
  await until(async () => (await kept())?.sentAt);

  assert.deepEqual([mail.from, mail.to], ['images@example.org', ['me@example.org']]);
  assert.equal(mail.subject, 'Base images offers the image "übung"');
  assert.match(mail.text, /^ {2}> so ist es$/m);
  assert.match(mail.headers.get('content-type') ?? '', /^text\/plain/);
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(mail.headers.get(oneClick), 'List-Unsubscribe=One-Click');
  const token = new URL(unsubscribeUrl(mail)).searchParams.get('token') ?? '';
  assert.equal(links.idIn(token), id);
  assert.equal(links.idIn(token.replace(id, randomUUID())), undefined);
});

test('nothing but a code is sent before it was given back, and another one each time', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, id, kept } = await scene(parts, { isVerified: false });

  await tell(database, ['unasked']);
  const first = codeIn(await server.mail(0));
  await until(async () => (await kept())?.codeAskedAt === null);
  const again = { codeAskedAt: new Date(start) };
  await database.transaction((db) => updateMailAddress(db, id, again));
  const second = codeIn(await server.mail(1));
  await until(async () => (await kept())?.codeAskedAt === null);

  assert.match(first, /^\d{8}$/);
  assert.notEqual(first, second);
  assert.deepEqual(offersIn(server), []);
  assert.equal(server.mails.length, 2);
});

test('an address is sent three codes in a day at most, those included of which nobody knows whether they came', async () => {
  await using parts = new AsyncDisposableStack();
  const socketsTo = notedSockets(parts);
  const { database, server, clock, kept, hurry } = await scene(parts, { isVerified: false });
  const spend = (at: number) =>
    database.transaction((db) => spendBudget(db, codeBudget('me@example.org'), new Date(at)));
  server.answer = () => {
    for (const socket of socketsTo(server)) socket.destroy();
  };
  // What is refused has not come, however often.
  server.refuses = () => 450;
  const trying = async (isSo: (now: Awaited<ReturnType<typeof kept>>) => boolean) =>
    await until(async () => {
      await hurry();
      return isSo(await kept());
    });

  const asked = await spend(start);
  await trying((now) => (now?.attempts ?? 0) > 4);
  server.refuses = () => undefined;
  await trying((now) => now?.codeAskedAt === null);
  clock.now += day;
  const waits = [await spend(clock.now - 1), await spend(clock.now), await spend(clock.now)];

  assert.equal(asked, 0);
  assert.equal(server.mails.length, 3);
  assert.deepEqual(waits, [1, 0, day]);
});

test('what waits for its day goes in one message, and only what was asked for', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, clock, kept } = await scene(parts, { mode: 'daily', kinds: ['offer'] });
  await insertAddress(database, { ...made, id: randomUUID(), address: 'marker@example.org' });
  await tell(database, ['one']);
  await server.mail(0);
  await tell(database, ['two']);
  const other = {
    projectId: 'consumer',
    imageId: 'i',
    at: new Date(start),
    data: { member: 'consumer' },
  };
  await database.transaction((db) =>
    insertProjectEvents(db, [{ ...other, id: randomUUID(), type: 'share.withdrawn' }]),
  );

  // What is told at once has come, and twice, so that what waits has been passed over.
  await until(async () => server.mails.some(({ text }) => text.includes('withdrew')));
  const mine = () => server.mails.filter(({ to }) => to[0] === 'me@example.org');
  const early = mine().length;
  clock.now = start + day;
  await until(async () => (await kept())?.sentAt);
  const [digest] = mine();

  assert.equal(early, 0);
  assert.equal(digest?.subject, 'Shared images: 2 offers');
  assert.deepEqual(offersIn({ mails: mine() }), ['one', 'two']);
  assert.equal((await kept())?.dueAt.toISOString(), '2030-01-03T07:00:00.000Z');
});

test('what waits for its hour goes in one message at the hour', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, clock, kept } = await scene(parts, { mode: 'hourly' });
  await insertAddress(database, { ...made, id: randomUUID(), address: 'marker@example.org' });
  const sentTo = (address: string) => ({
    mails: server.mails.filter(({ to }) => to[0] === address),
  });
  const mine = () => sentTo('me@example.org');
  clock.now = start + day;
  await tell(database, ['one'], clock.now);
  await until(async () => (await kept())?.sentAt);
  const second = (await kept())?.dueAt;
  // What is told at once has come, and twice, so that what waits has been passed over.
  for (const name of ['two', 'three']) {
    await tell(database, [name], clock.now);
    await until(async () => offersIn(sentTo('marker@example.org')).includes(name));
  }
  const early = mine().mails.length;
  clock.now += hour;
  await until(async () => mine().mails.length === 2);

  assert.equal(second?.getTime(), start + day + hour);
  assert.equal(early, 1);
  assert.deepEqual(offersIn(mine()), ['one', 'two', 'three']);
});

test('what is beyond the rate of a project waits, and goes in one message', async () => {
  await using parts = new AsyncDisposableStack();
  const rate = { rate: 1 / 3600, burst: 3600 };
  const { database, server, clock, kept, hurry } = await scene(parts, { rate });

  /** How often it was looked after, and whether it is at the moment. */
  const looks = async () =>
    await database.read
      .selectFrom('mail_addresses')
      .select(['lease_term as count', 'lease_holder as holder'])
      .executeTakeFirstOrThrow();
  await tell(database, ['one']);
  await until(async () => (await kept())?.sentAt);
  const { count } = await looks();
  await tell(database, ['two']);
  await until(async () => {
    const now = await looks();
    return now.count > count && now.holder === null;
  });
  await tell(database, ['three']);
  const before = server.mails.length;
  clock.now += hour;
  await until(async () => {
    await hurry();
    return offersIn(server).length === 3;
  });

  assert.equal(before, 1);
  assert.deepEqual(offersIn(server), ['one', 'two', 'three']);
  assert.equal(server.mails.length, 2);
});

test('what is refused is tried again, and an address that refuses for days is told nothing more', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, clock, kept, hurry, reports } = await scene(parts);
  server.refuses = () => 451;

  await tell(database, ['late']);
  await until(async () => (await kept())?.attempts === 1);
  server.refuses = () => undefined;
  await hurry();
  await until(async () => (await kept())?.sentAt);
  const well = await kept();
  server.refuses = () => 550;
  await tell(database, ['never']);
  await until(async () => (await kept())?.attempts === 1);
  clock.now += 2 * day + 1;
  await tell(database, ['nor this'], clock.now);
  await hurry();
  await until(async () => (await kept())?.verifiedAt === null);

  assert.deepEqual([well?.attempts, well?.failingSince, well?.lastError], [0, null, null]);
  assert.deepEqual(offersIn(server), ['late']);
  assert.match((await kept())?.lastError ?? '', /refused with status 550/);
  // That is between the project and its address.
  assert.deepEqual(reports, []);
});

test('what is the fault of the mail server, or over for long, counts against no address', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, clock, kept, hurry, reports } = await scene(parts);
  const failing = async (status: number, isSo: (since: number | undefined) => boolean) =>
    await until(async () => {
      await hurry();
      const now = await kept();
      const text = status === 554 ? 'takes no mail' : `status ${status}`;
      return now?.lastError?.includes(text) && isSo(now.failingSince?.getTime());
    });
  server.refuses = () => '554 5.7.1 Relay access denied';
  await tell(database, ['long since']);
  await failing(554, (since) => since === start);

  clock.now += 30 * day;
  await until(async () => {
    await hurry();
    return (await kept())?.attempts === 0;
  });
  const rested = await kept();
  await tell(database, ['the server again'], clock.now);
  await failing(554, (since) => since === clock.now);
  clock.now += 2 * day;
  server.refuses = () => 450;
  await tell(database, ['greylisted'], clock.now);
  await failing(450, (since) => since === clock.now);
  clock.now += 2 * day;
  server.refuses = () => 550;
  await tell(database, ['refused'], clock.now);
  await failing(550, (since) => since === clock.now);

  assert.deepEqual([rested?.failingSince, rested?.lastError], [null, null]);
  assert.notEqual((await kept())?.verifiedAt, null);
  assert.match(reports.join(), /^Mail cannot be handed [^,]*EENVELOPE, status 554/);
  // A single notice that is refused for as long as it is news is enough.
  clock.now += 2 * day - 1000;
  await until(async () => {
    await hurry();
    return (await kept())?.verifiedAt === null;
  });
});

test('a server says whose fault it is that a message is not taken', async () => {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await mailServer());
  const smtp = { host: '127.0.0.1', port: server.port, isSecure: false, login: undefined };
  const sender = parts.use(mailSender({ server: smtp, from: 'images@example.org' }));
  const whose = async (recipient: string | undefined, data?: string) => {
    server.refuses = () => recipient;
    server.refusesMessage = () => data;
    const outcome = await sender.send(letter, new AbortController().signal);
    if (outcome.isSent) return 'sent';
    return outcome.isRefused ? (outcome.isLasting ? 'lasting' : 'temporary') : 'server';
  };

  const faults: Record<string, string> = {};
  for (const reply of [
    ...['550 no such user', '550 5.1.1 no such user', '552 5.2.2 full', '554 5.1.1 no such user'],
    ...['450 4.2.0 greylisted', '451 later', '450 4.7.1 greylisted'],
    ...['421 going', '530 log in', '535 wrong login', '554 Relay access denied', '501 what'],
    ...[
      '550 5.7.1 no relaying',
      '554 5.7.1 no relaying',
      '553 5.1.8 no such sender',
      '451 4.3.5 x',
    ],
  ]) {
    faults[reply] = await whose(reply);
  }
  const afterwards = [
    await whose(undefined, '550 5.1.1 no such user'),
    await whose(undefined, '421 going'),
    await whose(undefined, '451 later'),
    await whose(undefined, '554 5.7.1 spam'),
  ];

  const by = (fault: string) => Object.keys(faults).filter((reply) => faults[reply] === fault);
  assert.equal(by('lasting').length, 4, JSON.stringify(faults));
  assert.equal(by('temporary').length, 3, JSON.stringify(faults));
  assert.equal(by('server').length, 9, JSON.stringify(faults));
  assert.deepEqual(Object.values(faults).slice(0, 4), Array(4).fill('lasting'));
  assert.deepEqual(Object.values(faults).slice(4, 7), Array(3).fill('temporary'));
  assert.deepEqual(afterwards, ['lasting', 'server', 'server', 'server']);
});

test('what is asked for while a message is being sent is not lost: another code, and another mode', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, clock, id, kept } = await scene(parts, { isVerified: false });
  const change = (to: Parameters<typeof updateMailAddress>[2]) =>
    database.transaction((db) => updateMailAddress(db, id, to));
  /** Has something done before the server says that it has what it is being sent. */
  const meanwhile = (work: () => Promise<void>) => {
    server.answer = (say) => {
      server.answer = (next) => next();
      void work().then(say);
    };
  };

  meanwhile(() => change({ codeAskedAt: new Date(start + 1) }));
  const [first, second] = [codeIn(await server.mail(0)), codeIn(await server.mail(1))];
  await until(async () => (await kept())?.codeAskedAt === null);
  const dueAt = new Date(start + day);
  meanwhile(() => change({ mode: 'daily', dueAt }));
  await change({ verifiedAt: new Date(start), sentAt: null });
  await tell(database, ['one']);
  clock.now += 1;
  await until(async () => (await kept())?.sentAt);

  assert.notEqual(first, second);
  assert.deepEqual((await kept())?.dueAt, dueAt);
  assert.equal(server.mails.length, 3);
});

test('a server may take its time, and a service that stops waits a moment for what it says', async () => {
  await using parts = new AsyncDisposableStack();
  const socketsTo = notedSockets(parts);
  const { database, server, kept, delivery } = await scene(parts);
  const held = Promise.withResolvers<() => void>();
  server.answer = held.resolve;

  await tell(database, ['one']);
  const say = await held.promise;
  const timeouts = socketsTo(server).map(({ timeout }) => timeout);
  const stopping = delivery[Symbol.asyncDispose]();
  await setTimeout(50);
  say();
  await stopping;
  const { sentAt, cursor } = (await kept()) ?? {};
  const impatient = parts.use(
    mailSender({
      server: { host: '127.0.0.1', port: server.port, isSecure: false, login: undefined },
      ...{ from: 'images@example.org', grace: 20 },
    }),
  );
  const stop = new AbortController();
  server.answer = () => stop.abort(new Error('enough'));
  const given = impatient.send({ ...letter, id: 'four@example.org' }, stop.signal);

  assert.deepEqual(timeouts, [600_000]);
  assert.deepEqual([sentAt, cursor], [new Date(start), 1]);
  await assert.rejects(given, /enough/);
});

test('while the mail server is away nothing is lost but what is no news any more', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, clock, kept, hurry, reports, delivery } = await scene(parts, { port: 1 });
  await tell(database, ['old']);
  await until(async () => (await kept())?.attempts === 1);
  await hurry();
  await until(async () => (await kept())?.attempts === 2);

  clock.now += 2 * day + 1;
  await hurry();
  await until(async () => (await kept())?.cursor === 1);

  assert.equal(reports.length, 1, reports.join());
  assert.match(reports[0] ?? '', /^Mail cannot be handed .*(?:ESOCKET|ECONNECTION)$/);
  assert.notEqual((await kept())?.verifiedAt, null);
  await delivery[Symbol.asyncDispose]();
});

test('events are kept for as long as they are to be told by mail, and not for ever', async () => {
  await using parts = new AsyncDisposableStack();
  const { database } = await scene(parts, { mode: 'daily' });
  await tell(database, ['kept', 'kept too', 'the newest']);
  const forget = (unmailed: number) => {
    const before = new Date(start + 1000);
    return database.transaction((db) => deleteOldEvents(db, before, 100, new Date(unmailed)));
  };

  assert.equal(await forget(start - 1), 0);
  assert.equal(await forget(start + 1), 2);
});

test('of several processes one sends', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, server, kept, begin } = await scene(parts);
  parts.use(begin('second'));
  const names = Array.from({ length: 20 }, (_, n) => `image ${n}`);

  for (const name of names) await tell(database, [name]);
  await until(async () => (await kept())?.cursor === names.length);

  assert.deepEqual(offersIn(server), names);
});

test('mail programs are asked to unsubscribe by themselves only where nobody can listen', async () => {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await mailServer());
  const smtp = { host: '127.0.0.1', port: server.port, isSecure: false, login: undefined };
  const sender = parts.use(mailSender({ server: smtp, from: 'images@example.org' }));

  for (const url of ['http://images.example.org', 'http://localhost:9292', 'https://images.org']) {
    const unsubscribe = `${url}/?token=one`;
    await sender.send({ ...letter, unsubscribe }, new AbortController().signal);
  }

  const headers = server.mails.map((mail) => [unsubscribeUrl(mail), mail.headers.has(oneClick)]);
  assert.deepEqual(headers, [
    ['http://images.example.org/?token=one', false],
    ['http://localhost:9292/?token=one', true],
    ['https://images.org/?token=one', true],
  ]);
});

test('a login is shown to a server on this machine, and in clear text to no other', async () => {
  await using parts = new AsyncDisposableStack();
  const login = { user: 'vitrine', pass: 'the pass of this mail server' };
  const server = parts.use(await mailServer({ login }));
  // Both lead here, but only the first says so.
  const [local, other] = ['127.0.0.1', '0.0.0.0'].map((host) => {
    const smtp = { host, port: server.port, isSecure: false, login };
    return parts.use(mailSender({ server: smtp, from: 'images@example.org' }));
  });
  const { signal } = new AbortController();

  const refused = await other?.send(letter, signal);
  const before = server.logins;
  const sent = await local?.send(letter, signal);

  assert.partialDeepStrictEqual(refused, { isSent: false, isRefused: false, code: 'ETLS' });
  assert.deepEqual([before, server.logins, sent], [0, 1, { isSent: true }]);
});
