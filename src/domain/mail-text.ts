import { type MailKind, mailKindOf } from './mail-address.ts';
import type { ProjectEvent } from './project-event.ts';

/** A message as people read it: plain text, and a subject of one line. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** What a message says of where it comes from. */
export interface MailPlace {
  readonly projectName: string;
  /** Of the service. */
  readonly url: string;
  /** Where nothing more is asked for. */
  readonly unsubscribe: string;
}

/** What steers a terminal, a header or the direction of text. */
const steering =
  /[\p{Cc}\p{Zl}\p{Zp}\u{61c}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2069}\u{feff}]+/gu;

/** Text of somebody else's as one short line. */
export function oneLine(text: string, longest = 100): string {
  const line = text.replaceAll(steering, ' ').trim();
  const characters = Array.from(line);
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line;
}

/** Text of somebody else's, each line marked as such, so that none of it is taken for ours. */
function quoted(text: string): string[] {
  return text
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map((line) => `> ${line.replaceAll(steering, ' ')}`.trimEnd());
}

/** The message that a code is sent in: nobody has asked for it for sure, so it says nothing else. */
export function codeMail(code: string, address: string, place: MailPlace): MailText {
  return {
    subject: 'Your code for image notices',
    text: [
      `Somebody in the project "${oneLine(place.projectName, 64)}" wants notices about shared images`,
      `to be sent to ${address}. If that is you, this is the code; it holds for an hour:`,
      '',
      `    ${code}`,
      '',
      'If it is not, do nothing: without the code nothing more is sent.',
      ...footer(place),
    ].join('\n'),
  };
}

/** The message that tells of events. @param names of projects, by id; whoever has none here goes by its id */
export function noticeMail(
  events: readonly ProjectEvent[],
  names: ReadonlyMap<string, string>,
  place: MailPlace,
): MailText {
  const nameOf = (id: unknown) => oneLine(names.get(String(id)) ?? String(id));
  const notices = events.map((event) => noticeOf(event, nameOf));
  const [first] = notices;
  const subject = notices.length === 1 && first ? first.title : countsOf(events);
  const blocks = notices.map(({ title, lines }) => [`* ${title}`, ...lines.map(indented)]);
  return {
    subject: oneLine(subject, 150),
    text: [
      ...blocks.flatMap((block) => [...block, '']),
      `Answer at ${place.url}/console/inbox, or with: vitrine inbox`,
      ...footer(place),
    ].join('\n'),
  };
}

function footer({ projectName, url, unsubscribe }: MailPlace): string[] {
  const project = oneLine(projectName, 64);
  return ['', '-- ', `${url}, for the project "${project}"`, `To end this: ${unsubscribe}`, ''];
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`;
}

const words: Readonly<Record<MailKind, readonly [one: string, many: string]>> = {
  offer: ['offer', 'offers'],
  answer: ['answer', 'answers'],
  request: ['request', 'requests'],
  warning: ['warning', 'warnings'],
  withdrawal: ['withdrawal', 'withdrawals'],
};

function countsOf(events: readonly ProjectEvent[]): string {
  const counts = new Map<MailKind, number>();
  for (const event of events) {
    const kind = mailKindOf(event);
    if (kind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const parts = [...counts].map(([kind, count]) => `${count} ${words[kind][count === 1 ? 0 : 1]}`);
  return `Shared images: ${parts.join(', ')}`;
}

interface Notice {
  readonly title: string;
  readonly lines: readonly string[];
}

function noticeOf(
  { type, projectId, imageId, data }: ProjectEvent,
  nameOf: (id: unknown) => string,
) {
  const name = data['image_name'];
  const image = typeof name === 'string' && name !== '' ? `"${oneLine(name)}"` : 'without a name';
  const isOwner = data['owner'] === projectId;
  const partner = nameOf(data[isOwner ? 'member' : 'owner']);
  const title = titleOf(type, { image, partner, isOwner, data, project: nameOf(data['project']) });
  const said = [data['note'], data['reason'], data['word']].filter(
    (text) => typeof text === 'string' && text.trim() !== '',
  );
  const end = endOf(data['expires_at']);
  const lines = [
    `Image: ${oneLine(imageId ?? '')}`,
    ...(end === undefined ? [] : [`Until: ${end}`]),
    ...said.flatMap((text) => quoted(String(text))),
  ];
  return { title, lines } satisfies Notice;
}

interface Told {
  readonly image: string;
  readonly partner: string;
  readonly project: string;
  readonly isOwner: boolean;
  readonly data: ProjectEvent['data'];
}

function titleOf(type: string, { image, partner, project, isOwner, data }: Told): string {
  switch (type) {
    case 'share.offered':
      return `${partner} offers the image ${image}`;
    case 'share.answered':
      return `${partner} answered for the image ${image}: ${oneLine(String(data['status']))}`;
    case 'share.left':
      return `${partner} gave the image ${image} back`;
    case 'share.ending':
      return isOwner
        ? `The share of the image ${image} with ${partner} ends soon`
        : `The image ${image} of ${partner} is shared for a short time yet`;
    case 'share.withdrawal_announced':
      return `${partner} will withdraw the image ${image}`;
    case 'share.withdrawn':
      return `${partner} withdrew the image ${image}`;
    case 'share.expired':
      return `The share of the image ${image} of ${partner} has ended`;
    case 'request.made':
      return `${project} asks for the image ${image}`;
    default:
      return `Your request for the image ${image} was ${type.slice('request.'.length)}`;
  }
}

/** A time to the minute, UTC. */
function endOf(at: unknown): string | undefined {
  const time = typeof at === 'string' ? new Date(at) : undefined;
  if (!time || Number.isNaN(time.getTime())) return undefined;
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
