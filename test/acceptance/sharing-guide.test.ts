import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cloudAuth, logIn } from '../support/clouds.ts';
import { startServer } from '../support/running-server.ts';

const guide = fileURLToPath(new URL('../../docs/sharing-guide.sh', import.meta.url));

/** What the guide printed below each of its headings, by the heading's text. */
function sections(output: string): { heading: string; answers: string[] }[] {
  return output
    .split(/^# /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...answers] = section.split('\n').filter((line) => line !== '');
      return { heading, answers };
    });
}

test('every curl command of the sharing guide answers as the guide says', async () => {
  await using server = await startServer();
  const clouds = join(server.dataDirectory, 'clouds.yaml');
  const producer = await logIn(await cloudAuth(clouds, 'vitrine-producer'));
  const consumer = await logIn(await cloudAuth(clouds, 'vitrine-consumer'));

  const { stdout } = await promisify(execFile)('bash', [guide], {
    env: {
      PATH: process.env['PATH'],
      API_ENDPOINT: server.url,
      AUTH_TOKEN: producer.token,
      CONSUMER_TOKEN: consumer.token,
      CONSUMER_ID: consumer.projectId,
    },
  });

  const said = sections(stdout);
  const answers = (beginning: string) => {
    const found = said.find(({ heading }) => heading.startsWith(beginning));
    assert(found, `no section begins with: ${beginning}`);
    return found.answers;
  };
  const json = (beginning: string) => answers(beginning).map((line) => JSON.parse(line));
  const [image] = json('Producer: create an image');
  assert.partialDeepStrictEqual(image, { visibility: 'shared', owner: producer.projectId });
  const [added] = json('Producer: add the consumer');
  assert.partialDeepStrictEqual(added, { member_id: consumer.projectId, status: 'pending' });
  const [forOwner, one] = json('Producer: list the members');
  assert.deepEqual(
    forOwner.members.map((member: { member_id: string }) => member.member_id),
    [consumer.projectId, '123456', '9876543'],
  );
  assert.partialDeepStrictEqual(one, { member_id: '123456', status: 'pending' });
  const [forConsumer] = json('Consumer: list the members');
  assert.deepEqual(forConsumer.members, [added]);
  const [waiting] = json('Consumer: what waits');
  assert.deepEqual(idsOf(waiting), [image.id]);
  const [accepted, listed] = json('Consumer: accept');
  assert.equal(accepted.status, 'accepted');
  assert.deepEqual(idsOf(listed), [image.id]);
  assert.deepEqual(answers('Consumer: download the data'), ['hello']);
  assert.deepEqual(answers('Producer: take the image back'), ['204', '404', '404']);
  assert.deepEqual(answers('Producer: delete the image'), ['204', '404']);
});

function idsOf(list: { images: { id: string }[] }): string[] {
  return list.images.map(({ id }) => id);
}
