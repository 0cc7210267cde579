import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressOn } from './progress.ts';

const mib = 1024 * 1024;

function screen(isTTY: boolean) {
  let text = '';
  let time = 0;
  const output = { isTTY, columns: 100, write: (more: string) => (text += more) };
  return {
    progress: progressOn(output, 10 * mib, () => time),
    pass: (ms: number) => (time += ms),
    text: () => text,
  };
}

test('a terminal has a bar with speed and time left, which is written over', () => {
  const { progress, pass, text } = screen(true);

  progress.at(0);
  pass(1000);
  progress.at(2 * mib);
  progress.say('Interrupted.');
  pass(1000);
  progress.at(10 * mib);
  progress.end();

  assert.match(text(), /\[#{5}-{19}\] {2}20% {2}2\.0 MiB of 10\.0 MiB · 2\.0 MiB\/s · 4 s left/);
  assert(text().includes('\r\u001b[KInterrupted.\n'));
  assert.match(text(), /\[#{24}\] 100% .*\n$/);
});

test('all else has lines, seconds apart', () => {
  const { progress, pass, text } = screen(false);

  for (let mibs = 0; mibs <= 10; mibs += 1) {
    progress.at(mibs * mib);
    pass(1000);
  }
  progress.end();

  const lines = text().trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[1] ?? '', /^50% · 5\.0 MiB of 10\.0 MiB · 1\.0 MiB\/s · 5 s left$/);
  assert(!text().includes('\r'));
});
