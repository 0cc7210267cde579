import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { checkWhole, imageWith } from '../support/image-calls.ts';
import { runService } from '../support/running-service.ts';
import { type Environment, emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';
import { givenSwift, newPlace, storeEnvironments } from './servers.ts';

const swift = await givenSwift();
const large = seededBytes('large', 12_500_001);
const small = seededBytes('small', 3000);

async function vitrine(environment: Environment, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runCommand(args, { env: environment });
  assert.equal(code, 0, `${args.join(' ')}: ${err}`);
  return out;
}

for (const [kind, environmentOf] of Object.entries(storeEnvironments)) {
  describe(`a backup of a service with its images in ${kind}`, () => {
    test('has the data, and brings it to another bucket or container, or to files and back', async () => {
      await using folder = await emptyFolder();
      const source = environmentOf(swift, { place: newPlace() });
      await using service = await runService({ environment: source });
      const images = [
        { id: await imageWith(service, large), data: large },
        { id: await imageWith(service, small), data: small },
      ];
      const env = { ...source, VITRINE_DATA_DIR: service.folder };
      const first = join(folder.path, 'first');
      const made = JSON.parse(await vitrine(env, 'backup', first, '--json'));
      const left = join(folder.path, 'left');
      const without = JSON.parse(await vitrine(env, 'backup', left, '--leave', kind, '--json'));
      const second = join(folder.path, 'second');

      async function restored(
        backup: string,
        name: string,
        target: Environment,
      ): Promise<Environment> {
        const dataDir = join(folder.path, name);
        const there = { ...target, VITRINE_DATA_DIR: dataDir };
        await vitrine(there, 'restore', backup);
        await vitrine(there, 'check', '--hashes');
        await using again = await runService({ folder: dataDir, environment: target });
        for (const { id, data } of images) await checkWhole(again, id, data);
        return there;
      }
      await restored(first, 'elsewhere', environmentOf(swift, { place: newPlace() }));
      const inFiles = await restored(first, 'files', {});
      await vitrine(inFiles, 'backup', second);
      await restored(second, 'back', environmentOf(swift, { place: newPlace() }));
      // The data is where it was: the records alone come back.
      await restored(left, 'records', source);

      assert.deepEqual(
        { files: made.files, elsewhere: made.elsewhere },
        { files: 2, elsewhere: 0 },
      );
      assert.equal(without.elsewhere, 2);
    });
  });
}
