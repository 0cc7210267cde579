import type { MemberStatus } from '../../src/domain/member.ts';
import { type GeneratedImage, hash, measured, rareShared, type Scale } from './images.ts';

/** An answer of a project, by its place among the projects. */
export interface GeneratedMember {
  readonly project: number;
  readonly status: MemberStatus;
}

/** How many images the measured projects were offered, and what they answered: the same at any size. */
const answers = [
  ['few', 'accepted', 100],
  ['few', 'pending', 50],
  ['many', 'accepted', 100],
  ['many', 'pending', 50],
  ['member', 'accepted', 1000],
  ['offered', 'pending', 1000],
] as const;

/** The members of a generated service. */
export class GeneratedMembers {
  readonly #scale: Scale;
  /** By the place of the image. */
  readonly #measured = new Map<number, GeneratedMember[]>();
  readonly #shared: number;
  readonly #rest: number;
  #seen = 0;

  /**
   * @param shared the places of all shared images
   * @param open the places of those that are offered to the measured projects: not hidden, and of the others
   */
  constructor(scale: Scale, shared: number, open: readonly number[]) {
    this.#scale = scale;
    this.#shared = shared;
    let taken = 0;
    for (const [name, status, wanted] of answers) {
      const count = Math.min(wanted, open.length);
      const project = measured.indexOf(name);
      const first = open.indexOf(rareShared);
      for (let n = 0; n < count; n += 1) {
        // What is pending lies beside what is accepted, where there is room for both.
        const place = Math.floor((n * open.length) / count) + (status === 'pending' ? 1 : 0);
        const image = open[(first + place) % open.length] ?? rareShared;
        const members = this.#measured.get(image) ?? [];
        if (members.some((member) => member.project === project)) continue;
        this.#measured.set(image, [...members, { project, status }]);
        taken += 1;
      }
    }
    this.#rest = scale.members - taken;
  }

  /** The members of the image at that place; to be asked once for each of the shared images. */
  of(n: number, image: GeneratedImage): readonly GeneratedMember[] {
    const others = this.#scale.projects - measured.length;
    const upTo = (count: number) => Math.floor((count * this.#rest) / this.#shared);
    const count = Math.min(others - 1, upTo(this.#seen + 1) - upTo(this.#seen));
    this.#seen += 1;
    const members = [...(this.#measured.get(n) ?? [])];
    for (let place = hash(n, 25); members.length < count + (this.#measured.get(n)?.length ?? 0); ) {
      const project = measured.length + (place % others);
      place += 1;
      if (project !== image.owner) members.push({ project, status: answerOf(hash(place, 26)) });
    }
    return members;
  }
}

function answerOf(number: number): MemberStatus {
  if (number % 10 < 6) return 'accepted';
  return number % 10 < 9 ? 'pending' : 'rejected';
}
