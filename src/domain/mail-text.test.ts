import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spendFrom } from './budget.ts';
import { type MailMode, mailKindOf, nextDue, readMailbox } from './mail-address.ts';
import { noticeMail } from './mail-text.ts';
import type { ProjectEvent } from './project-event.ts';

const place = { projectName: 'lab', url: 'https://images.example.org', unsubscribe: 'https://x/' };

function event(type: string, data: ProjectEvent['data'], projectId = 'consumer'): ProjectEvent {
  const given = { owner: 'producer', member: 'consumer', image_name: 'ubuntu', ...data };
  return { id: 'e', projectId, type, imageId: 'i-1', data: given, at: new Date(0) };
}

describe('a mail address', () => {
  for (const text of ['a@b.org', "o'neil+images@sub.example.org", 'A.B@EXAMPLE.org']) {
    test(`is ${text}`, () => assert.equal(readMailbox(text)?.split('@')[0], text.split('@')[0]));
  }

  for (const text of [
    ...['', 'a', 'a@', '@b.org', 'a@b', 'a@b.org, c@d.org', 'a@b.org\r\nBcc: c@d.org', 'a b@c.org'],
    ...[
      '<a@b.org>',
      'A <a@b.org>',
      '"a b"@c.org',
      'a@[127.0.0.1]',
      'a@b..org',
      '.a@b.org',
      'ä@b.org',
    ],
    ...[
      `${'a'.repeat(65)}@b.org`,
      `a@${'b.'.repeat(130)}org`,
      'a@-b.org',
      'a;c@b.org',
      'a@b.org\0',
    ],
  ]) {
    test(`is not ${JSON.stringify(text).slice(0, 40)}`, () =>
      assert.equal(readMailbox(text), undefined));
  }
});

describe('what happens', () => {
  const request = { owner: undefined, member: undefined, project: 'consumer' };
  for (const [type, data, consumer, owner] of [
    ['share.offered', {}, 'offer', undefined],
    ['share.answered', {}, undefined, 'answer'],
    ['share.left', {}, undefined, 'answer'],
    ['share.ending', {}, 'warning', 'warning'],
    ['share.withdrawal_announced', {}, 'withdrawal', undefined],
    ['share.withdrawn', {}, 'withdrawal', undefined],
    ['share.expired', {}, 'withdrawal', undefined],
    ['share.changed', {}, undefined, undefined],
    ['share.downloaded', {}, undefined, undefined],
    ['request.made', request, undefined, 'request'],
    ['request.approved', request, 'answer', undefined],
    ['request.declined', request, 'answer', undefined],
    ['family.promoted', { owner: 'producer', member: undefined }, undefined, undefined],
  ] as const) {
    test(`is told of ${type} to who did not do it`, () => {
      assert.equal(mailKindOf(event(type, data)), consumer);
      assert.equal(mailKindOf(event(type, data, 'producer')), owner);
    });
  }
});

describe('a message', () => {
  const names = new Map([['producer', 'Bild\r\nBcc: all@example.org']]);

  test('says what is offered by whom, until when and with which words', () => {
    const note = 'For the course.\nUser: ubuntu';
    const offer = event('share.offered', { note, expires_at: '2030-01-02T03:04:05.678Z' });

    const { subject, text } = noticeMail([offer], new Map([['producer', 'Base images']]), place);

    assert.equal(subject, 'Base images offers the image "ubuntu"');
    assert.equal(
      text,
      [
        '* Base images offers the image "ubuntu"',
        '  Image: i-1',
        '  Until: 2030-01-02 03:04 UTC',
        '  > For the course.',
        '  > User: ubuntu',
        '',
        'Answer at https://images.example.org/console/inbox, or with: vitrine inbox',
        '',
        '-- ',
        'https://images.example.org, for the project "lab"',
        'To end this: https://x/',
        '',
      ].join('\n'),
    );
  });

  test('has nothing in its subject that begins a line, and no line of others that is taken for its own', () => {
    const note = 'one\r\n-- \u2028To end this: https://evil/\u0007\u202etxt\u061c';
    const image_name = 'a\nSubject: b';

    const { subject, text } = noticeMail(
      [event('share.offered', { note, image_name })],
      names,
      place,
    );

    assert.equal(subject, 'Bild Bcc: all@example.org offers the image "a Subject: b"');
    const lines = text.split('\n');
    assert.deepEqual(lines.slice(2, 5), [
      '  > one',
      '  > --',
      '  > To end this: https://evil/ txt',
    ]);
    assert.equal(lines.filter((line) => line === '-- ').length, 1);
    assert.doesNotMatch(text, /[^\n\P{Cc}]|\u202e|\u2028|\u061c/u);
  });

  test('of many events counts them in its subject', () => {
    const events = [
      event('share.offered', {}),
      event('share.offered', {}),
      event('share.ending', {}),
    ];

    const { subject, text } = noticeMail(events, names, place);

    assert.equal(subject, 'Shared images: 2 offers, 1 warning');
    assert.equal(text.match(/^\* /gm)?.length, 3);
  });
});

test('a digest is due at the next time that it is its hour', () => {
  const at = (mode: MailMode, text: string, digestHour = 7) =>
    nextDue(mode, { now: new Date(text), digestHour }).toISOString();

  assert.equal(at('daily', '2030-01-31T06:59:59Z'), '2030-01-31T07:00:00.000Z');
  assert.equal(at('daily', '2030-01-31T07:00:00Z'), '2030-02-01T07:00:00.000Z');
  assert.equal(at('daily', '2030-01-31T00:00:00Z', 0), '2030-02-01T00:00:00.000Z');
  assert.equal(at('daily', '2030-01-31T00:00:00Z', 23), '2030-01-31T23:00:00.000Z');
  assert.equal(at('hourly', '2030-01-31T23:59:59.999Z'), '2030-02-01T00:00:00.000Z');
  assert.equal(at('hourly', '2030-01-31T12:00:00Z'), '2030-01-31T13:00:00.000Z');
  assert(at('at_once', '2030-01-31T12:00:00Z') < '2030');
});

test('a budget is spent, and fills again', () => {
  const rate = { rate: 1, burst: 2 };
  let fullAt: number | undefined;
  const spend = (now: number) => {
    const result = spendFrom(rate, fullAt, now);
    if ('fullAt' in result) fullAt = result.fullAt;
    return 'wait' in result ? result.wait : 0;
  };

  assert.deepEqual([spend(10_000), spend(10_000), spend(10_400), spend(11_000)], [0, 0, 600, 0]);
});
