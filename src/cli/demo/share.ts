import { ApiError } from '../../client/api-error.ts';
import { downloadImageData, uploadImageData } from '../../client/image-data.ts';
import {
  createImage,
  deleteImage,
  getImage,
  type ImageBody,
  listImages,
} from '../../client/images.ts';
import { addMember, answerOffer, listMembers, removeMember } from '../../client/members.ts';
import type { Session } from '../../client/session.ts';
import { bootMessage } from './disk-image.ts';
import { type Disk, sha512Of } from './given-disk.ts';
import type { Narrator } from './narrator.ts';

/** A project that takes part in the demo. */
export interface Participant {
  /** Its entry in `clouds.yaml`, which clients take as `--os-cloud`. */
  readonly cloud: string;
  readonly session: Session;
}

/** Who plays the demo, with what, and who tells it. */
export interface Cast {
  readonly producer: Participant;
  readonly consumer: Participant;
  readonly disk: Disk;
  readonly narrator: Narrator;
  /** Ends the play early; what it made is deleted all the same. */
  readonly signal: AbortSignal;
}

interface Stage extends Cast {
  readonly consumerId: string;
}

type Step = (stage: Stage, image: ImageBody) => Promise<void>;

const steps: readonly Step[] = [
  upload,
  stayHidden,
  offer,
  findOffer,
  accept,
  seeAnswer,
  download,
  withdraw,
];

/** The service did something else than sharing promises. */
class UnexpectedError extends Error {}

/**
 * Plays one share from the first call to the last; the image is deleted however it ends.
 *
 * @throws ApiError for a refusal that is no part of the play
 */
export async function playShare(cast: Cast): Promise<void> {
  const stage = await logIn(cast);
  const image = await create(stage);
  try {
    for (const step of steps) {
      stage.signal.throwIfAborted();
      await step(stage, image);
    }
  } finally {
    await cleanUp(stage, image);
  }
}

async function logIn(cast: Cast): Promise<Stage> {
  const { producer, consumer, narrator } = cast;
  narrator.step('Both log in, each for its own project.');
  tellCommand(cast, producer, 'token issue');
  await producer.session.projectId();
  tellCommand(cast, consumer, 'token issue');
  const consumerId = await consumer.session.projectId();
  narrator.say(`The consumer tells the producer its project's id: ${consumerId}`);
  return { ...cast, consumerId };
}

async function create(stage: Stage): Promise<ImageBody> {
  const { producer, disk, narrator } = stage;
  narrator.step('The producer makes an image.');
  tellCommand(
    stage,
    producer,
    `image create --disk-format ${disk.format} --container-format bare --file ${disk.fileName} ${disk.fileName}`,
  );
  const image = await createImage(producer.session, {
    name: disk.fileName,
    disk_format: disk.format,
    container_format: 'bare',
  });
  narrator.say(
    `Image ${image.id} is "${image.status}": it has a name and no data yet. Its visibility is "${image.visibility}".`,
  );
  return image;
}

async function upload(stage: Stage, { id }: ImageBody): Promise<void> {
  const { producer, disk, narrator, signal } = stage;
  narrator.step('The producer uploads the disk. (The same command did both.)');
  await uploadImageData(producer.session, id, disk.data, {
    onProgress: (bytes) => narrator.progress(bytes / disk.data.size),
    signal,
  });
  const image = await getImage(producer.session, id);
  assertThat(image.os_hash_value === disk.sha512, 'The service hashed other data than was sent.');
  narrator.say(
    `${mebibytes(image.size ?? 0)} arrived; the image is "${image.status}", and the service's ${image.os_hash_algo} is that of the file.`,
  );
}

async function stayHidden(stage: Stage, { id }: ImageBody): Promise<void> {
  stage.narrator.step('For the consumer the image does not exist.');
  tellCommand(stage, stage.consumer, `image show ${id}`);
  await refused(() => getImage(stage.consumer.session, id));
  stage.narrator.say(
    'Not "forbidden" but "not found": a stranger cannot even learn that it is there.',
  );
}

async function offer(stage: Stage, { id }: ImageBody): Promise<void> {
  const { producer, consumerId, narrator } = stage;
  narrator.step('The producer offers it to the consumer.');
  tellCommand(stage, producer, `image add project ${id} ${consumerId}`);
  const member = await addMember(producer.session, id, consumerId);
  narrator.say(`The consumer is a member now, its answer is "${member.status}".`);
}

async function findOffer(stage: Stage, { id }: ImageBody): Promise<void> {
  const { consumer, narrator } = stage;
  narrator.step('The consumer is not bothered, but can look for offers.');
  tellCommand(stage, consumer, 'image list');
  assertThat(!(await isListed(stage)(id)), 'An offer is listed before it was accepted.');
  narrator.say('Its list is as it was: nobody can push an image into the list of another.');
  tellCommand(stage, consumer, 'image list --shared --member-status pending');
  const offers = { visibility: 'shared', member_status: 'pending' };
  assertThat(await isListed(stage, offers)(id), 'The offer is not among the pending ones.');
  tellCommand(stage, consumer, `image show ${id}`);
  const image = await getImage(consumer.session, id);
  narrator.say(
    `There it is: "${image.name}" from project ${image.owner}. It can be opened already.`,
  );
}

async function accept(stage: Stage, { id }: ImageBody): Promise<void> {
  const { consumer, consumerId, narrator } = stage;
  narrator.step('The consumer accepts.');
  tellCommand(stage, consumer, `image set --accept ${id}`);
  await answerOffer(consumer.session, { imageId: id, projectId: consumerId, status: 'accepted' });
  tellCommand(stage, consumer, 'image list');
  assertThat(await isListed(stage)(id), 'The accepted image is not in the list.');
  narrator.say('Now it is in its list, next to its own images.');
}

async function seeAnswer(stage: Stage, { id }: ImageBody): Promise<void> {
  const { producer, narrator } = stage;
  narrator.step('The producer sees who answered what.');
  tellCommand(stage, producer, `image member list ${id}`);
  const members = await listMembers(producer.session, id);
  for (const member of members) narrator.say(`${member.member_id}  ${member.status}`);
  assertThat(members[0]?.status === 'accepted', 'The answer did not reach the producer.');
}

async function download(stage: Stage, { id }: ImageBody): Promise<void> {
  const { consumer, disk, narrator } = stage;
  narrator.step('The consumer downloads it.');
  tellCommand(stage, consumer, `image save --file copy-of-${disk.fileName} ${id}`);
  const data = await downloadImageData(consumer.session, id, stage.signal);
  assertThat(data !== undefined, 'The image has no data.');
  assertThat((await sha512Of(data)) === disk.sha512, 'The data arrived changed.');
  narrator.say(
    `sha512 ${disk.sha512.slice(0, 16)}... is that of the producer's file: bit for bit.`,
  );
  if (disk.made) {
    narrator.say(`A machine that boots this disk prints: ${bootMessage}`);
  }
}

async function withdraw(stage: Stage, { id }: ImageBody): Promise<void> {
  const { producer, consumer, consumerId, narrator } = stage;
  narrator.step('The producer takes it back.');
  tellCommand(stage, producer, `image remove project ${id} ${consumerId}`);
  await removeMember(producer.session, id, consumerId);
  tellCommand(stage, consumer, `image show ${id}`);
  await refused(() => getImage(consumer.session, id));
  narrator.say('For the consumer it is as if it had never been.');
}

async function cleanUp(stage: Stage, { id }: ImageBody): Promise<void> {
  stage.narrator.step('The demo cleans up after itself.');
  tellCommand(stage, stage.producer, `image delete ${id}`);
  await deleteImage(stage.producer.session, id);
}

/** Asks as the consumer whether an image is in the listing of a query. */
function isListed(
  { consumer }: Stage,
  query: Readonly<Record<string, string>> = {},
): (imageId: string) => Promise<boolean> {
  return async (imageId) => {
    for await (const image of listImages(consumer.session, query))
      if (image.id === imageId) return true;
    return false;
  };
}

function tellCommand({ narrator }: Cast, who: Participant, command: string): void {
  narrator.command(`openstack --os-cloud ${who.cloud} ${command}`);
}

async function refused(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return;
    throw error;
  }
  throw new UnexpectedError('The consumer sees an image that is not shared with it.');
}

function assertThat(holds: boolean, complaint: string): asserts holds {
  if (!holds) throw new UnexpectedError(complaint);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
