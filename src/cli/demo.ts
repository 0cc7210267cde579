// Plays a whole share on a running service: `npm run demo [-- path/to/disk.iso]`.
import { resolve } from 'node:path';
import { ConnectionError } from '../client/api-error.ts';
import { openSession } from '../client/session.ts';
import { trustAuthorities } from './authorities.ts';
import { cloudsFile, loadCloud } from './clouds.ts';
import { CommandError } from './command-error.ts';
import { openDisk } from './demo/given-disk.ts';
import { terminalNarrator, toldFetch } from './demo/narrator.ts';
import { type Participant, playShare } from './demo/share.ts';

async function demo(given: string | undefined): Promise<void> {
  const { env } = process;
  const narrator = terminalNarrator(process.stdout);
  function participant(cloud: string): Participant {
    const { login, cacert } = loadCloud({ cloud, env });
    if (cacert !== undefined) trustAuthorities(cacert);
    return { cloud, session: openSession(login, { fetch: toldFetch(narrator) }) };
  }
  const producer = participant('vitrine-producer');
  const consumer = participant('vitrine-consumer');

  await using disk = await openDisk(given);
  console.log('One project has a disk image, another one wants it: the producer and the consumer.');
  console.log('Every step shows the command that does the same, and what goes over the wire.');
  console.log(
    `To type the commands yourself: export OS_CLIENT_CONFIG_FILE=${resolve(cloudsFile(env))}`,
  );
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  await playShare({ producer, consumer, disk, narrator, signal: interrupted.signal });
  console.log('\nThat is the whole of sharing.');
}

try {
  await demo(process.argv[2]);
} catch (error) {
  process.exitCode = 1;
  console.error(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof ConnectionError || error instanceof CommandError) {
    console.error('Vitrine does not seem to run. In another terminal: npm start');
    console.error('Then again here: npm run demo');
  }
}
