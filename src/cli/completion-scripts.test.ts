import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Command } from 'commander';
import { completionScript } from './completion-scripts.ts';

function program(): Command {
  const all = new Command('vitrine');
  const share = new Command('share').description('share images; it’s easy');
  share.command('set <image>').option('--note <text>', "what's read").option('--json', 'JSON');
  share.command('list');
  return all.addCommand(share).addCommand(new Command('inbox'));
}

/** What bash offers behind these words. */
function offered(...words: readonly string[]): readonly string[] {
  const line = ['vitrine', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _vitrine; echo "\${COMPREPLY[@]}"`;
  const script = `${completionScript(program(), 'bash')}\n${ask}`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split(/\s+/).filter((word) => word !== '');
}

test('bash completes commands, those below them, and options', () => {
  assert.deepEqual(offered(''), ['share', 'inbox', '--help']);
  assert.deepEqual(offered('sh'), ['share']);
  assert.deepEqual(offered('share', ''), ['set', 'list', '--help']);
  assert.deepEqual(offered('share', 'set', '--'), ['--note', '--json', '--help']);
  assert.deepEqual(offered('share', 'set', 'an image', '--n'), ['--note']);
});

test('fish completes the same', { skip: !isThere('fish') }, () => {
  const script = `${completionScript(program(), 'fish')}\ncomplete -C 'vitrine share '`;

  const { stdout, stderr, status } = spawnSync('fish', ['-c', script], { encoding: 'utf8' });

  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split('\n'), ['list', 'set']);
});

for (const shell of ['bash', 'zsh'] as const) {
  test(`${shell} takes its script`, { skip: !isThere(shell) }, () => {
    const input = completionScript(program(), shell);

    const { status, stderr } = spawnSync(shell, ['-n'], { input, encoding: 'utf8' });

    assert.equal(status, 0, stderr);
  });
}

function isThere(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}
