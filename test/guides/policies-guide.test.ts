import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { actions, defaultPolicy, isAction } from '../../src/domain/policy.ts';
import { runCommand } from '../support/command.ts';
import { callerOf, imageWith } from '../support/domain.ts';
import { startServer } from '../support/running-server.ts';

const guide = await readFile(
  fileURLToPath(new URL('../../docs/policies.md', import.meta.url)),
  'utf8',
);

/** The texts of the guide's blocks in one language. */
function blocks(language: string): string[] {
  return [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text);
}

/** What a terminal shows: commands after `$`, each with what it prints. */
function commandsOf(terminal: string): { command: string; prints: string }[] {
  return terminal
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...lines] = part.split('\n');
      return { command, prints: lines.join('\n') };
    });
}

const folder = await mkdtemp(join(tmpdir(), 'vitrine-policies-'));
const config = join(folder, 'vitrine.yaml');
await writeFile(config, blocks('yaml').join(''));
const server = await startServer({ VITRINE_CONFIG: config });
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('the guide to policies', () => {
  const commands = blocks('console').flatMap(commandsOf);

  test('has commands', () => {
    assert.equal(commands.length, 4);
  });

  test('names every rule with its default', () => {
    const rows = guide.matchAll(/^\| ((?:`\w+` ?)+) *\| `([^`]+)` *\|$/gm);
    const told = [...rows].flatMap(([, names = '', rule = '']) =>
      [...names.matchAll(/\w+/g)].map(([name]) => [name, rule] as const),
    );

    assert.deepEqual(told.map(([name]) => name).toSorted(), [...actions].toSorted());
    for (const [name, rule] of told) {
      assert(isAction(name));
      assert.equal(defaultPolicy.explain(name, callerOf('any'), imageWith()).rule, rule);
    }
  });

  for (const { command, prints } of commands) {
    test(`shows what this prints: ${command}`, async () => {
      const [npx, vitrine, ...parameters] = command.split(' ');
      const env = { OS_CLIENT_CONFIG_FILE: join(server.dataDirectory, 'clouds.yaml') };

      const { out, err } = await runCommand(parameters, { env });

      assert.deepEqual([npx, vitrine], ['npx', 'vitrine']);
      assert.equal(out, prints, err);
    });
  }
});
