import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeText } from '../client/text.ts';
import { mailKinds as everyKind, mailModes as everyMode } from '../domain/mail-address.ts';
import {
  codeOf,
  eventsOf,
  mailChoiceText,
  mailKinds,
  mailModes,
  mailStateText,
} from './mail-choices.ts';

const at = '2026-11-27T12:00:00.000Z';
const told = timeText(at);

test('the form has every kind and every time that there is', () => {
  assert.deepEqual(mailKinds.toSorted(), everyKind.toSorted());
  assert.deepEqual(mailModes.toSorted(), everyMode.toSorted());
});

test('all kinds are all there is and will be', () => {
  assert.equal(eventsOf(new Set(mailKinds)), null);
  assert.deepEqual(eventsOf(new Set(['warning', 'offer'])), ['offer', 'warning']);
  assert.equal(mailChoiceText({ mode: 'at_once', events: null }), 'At once: Everything');
  assert.equal(
    mailChoiceText({ mode: 'daily', events: ['offer', 'answer'] }),
    'Once a day: Offers, Answers',
  );
});

test('what is wrong with an address comes before all else', () => {
  const well = { verified_at: at, failing_since: null, last_error: null, sent_at: at };
  const error = 'The message was refused with status 550.';

  assert.equal(mailStateText(well), `Last written to ${told}.`);
  assert.match(
    mailStateText({ ...well, verified_at: null }),
    /^A code was sent .* entered here\.$/,
  );
  assert.match(mailStateText({ ...well, verified_at: null, sent_at: null }), /on its way/);
  assert.equal(
    mailStateText({ ...well, failing_since: at, last_error: error }),
    `Not reached since ${told}: ${error}`,
  );
});

test('a code may have blanks in it', () => {
  assert.equal(codeOf(' 1234 5678\n'), '12345678');
});
