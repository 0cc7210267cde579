/** Sharing as the guide tells it, in plain words and without a line of the service's own code. */

export const modelProjects = ['producer', 'consumer', 'other', 'stranger'] as const;

export type ModelProject = (typeof modelProjects)[number];

/** The admin has a project of its own, and all rights. */
export type ModelCaller = ModelProject | 'admin';

export type ModelVisibility = 'public' | 'private' | 'shared' | 'community';

export type ModelAnswer = 'pending' | 'accepted' | 'rejected';

export interface ModelImage {
  readonly owner: ModelCaller;
  visibility: ModelVisibility;
  hasData: boolean;
  /** Kept while the image is not shared; they count again once it is. */
  readonly members: Map<ModelCaller, ModelAnswer>;
  /** By which groups and families a member is one, of those who are so by nothing else. */
  readonly sources: Map<ModelCaller, Set<string>>;
}

/** The one group, and the one family, that each project may have. */
interface ModelGroup {
  readonly members: Set<ModelCaller>;
  readonly images: Set<string>;
}

interface ModelFamily {
  readonly members: Set<ModelCaller>;
  current: string | undefined;
}

/** Which lists a caller asks for. */
export const modelLists = {
  default: '',
  pending: 'visibility=shared&member_status=pending',
  shared: 'visibility=shared&member_status=all',
  everything: 'visibility=all&member_status=all',
} as const;

export type ModelList = keyof typeof modelLists;

export class SharingModel {
  readonly images = new Map<string, ModelImage>();
  readonly groups = new Map<ModelCaller, ModelGroup>();
  readonly families = new Map<ModelCaller, ModelFamily>();
  /** Whom a project accepts everything from, beforehand. */
  readonly trusted = new Map<ModelCaller, Set<ModelCaller>>();

  /** The status that creating an image with this visibility is answered with. */
  create(caller: ModelCaller, visibility: ModelVisibility): 201 | 403 {
    return visibility === 'public' && caller !== 'admin' ? 403 : 201;
  }

  canShow(caller: ModelCaller, id: string): boolean {
    const image = this.images.get(id);
    if (!image) return false;
    const { owner, visibility, members } = image;
    if (caller === 'admin' || caller === owner) return true;
    if (visibility === 'public' || visibility === 'community') return true;
    return visibility === 'shared' && members.has(caller);
  }

  /** 404 for those who cannot see it, 403 for those who see but do not own it, 204 or 200 for the rest. */
  changeStatus<Done extends number>(caller: ModelCaller, id: string, done: Done): Done | 403 | 404 {
    if (!this.canShow(caller, id)) return 404;
    return this.#commands(caller, id) ? done : 403;
  }

  setVisibility(caller: ModelCaller, id: string, visibility: ModelVisibility): 200 | 403 | 404 {
    if (!this.canShow(caller, id)) return 404;
    if (!this.#commands(caller, id) || this.create(caller, visibility) === 403) return 403;
    this.#at(id).visibility = visibility;
    return 200;
  }

  upload(caller: ModelCaller, id: string): 204 | 403 | 404 | 409 {
    const status = this.changeStatus(caller, id, 204);
    if (status !== 204) return status;
    if (this.#at(id).hasData) return 409;
    this.#at(id).hasData = true;
    return 204;
  }

  delete(caller: ModelCaller, id: string): 204 | 403 | 404 {
    const status = this.changeStatus(caller, id, 204);
    if (status === 204) this.images.delete(id);
    return status;
  }

  share(caller: ModelCaller, id: string, member: ModelCaller): 200 | 403 | 404 | 409 {
    if (!this.canShow(caller, id)) return 404;
    const image = this.#at(id);
    if (image.visibility !== 'shared' || !this.#commands(caller, id)) return 403;
    if (image.members.has(member)) return 409;
    this.#offer(image, member);
    return 200;
  }

  /** A share that is over in no time. */
  shareBriefly(caller: ModelCaller, id: string, member: ModelCaller): 200 | 403 | 404 {
    const status = this.share(caller, id, member);
    if (status === 403 || status === 404) return status;
    this.#end(this.#at(id), member);
    return 200;
  }

  trust(caller: ModelCaller, producer: ModelCaller): 200 {
    this.trusted.set(caller, (this.trusted.get(caller) ?? new Set()).add(producer));
    return 200;
  }

  join(caller: ModelCaller, member: ModelCaller): 200 {
    const group = this.#groupOf(caller);
    group.members.add(member);
    for (const id of group.images) this.#give(id, member, `group of ${caller}`);
    return 200;
  }

  leave(caller: ModelCaller, member: ModelCaller): 204 | 404 {
    if (!this.#groupOf(caller).members.delete(member)) return 404;
    for (const id of this.images.keys()) this.#take(id, member, `group of ${caller}`);
    return 204;
  }

  include(caller: ModelCaller, id: string): 200 | 400 | 403 | 404 {
    if (!this.canShow(caller, id)) return 404;
    const { owner, visibility } = this.#at(id);
    if (visibility !== 'shared' || !this.#commands(caller, id)) return 403;
    if (owner !== caller) return 400;
    const group = this.#groupOf(caller);
    group.images.add(id);
    for (const member of group.members) this.#give(id, member, `group of ${caller}`);
    return 200;
  }

  exclude(caller: ModelCaller, id: string): 204 | 404 {
    // What is in no group is no image that the caller would be told of.
    if (!this.images.has(id) || !this.#groupOf(caller).images.delete(id)) return 404;
    for (const member of [...this.#at(id).members.keys()]) {
      this.#take(id, member, `group of ${caller}`);
    }
    return 204;
  }

  promote(caller: ModelCaller, id: string): 200 | 400 | 403 | 404 | 409 {
    if (!this.canShow(caller, id)) return 404;
    const { owner, hasData, visibility } = this.#at(id);
    if (owner !== caller) return 400;
    if (!hasData) return 409;
    const family = this.families.get(caller) ?? { members: new Set(), current: undefined };
    if (visibility === 'private' && family.members.size > 0) return 403;
    this.families.set(caller, family);
    family.current = id;
    for (const member of family.members) this.#give(id, member, `family of ${caller}`);
    return 200;
  }

  follow(caller: ModelCaller, member: ModelCaller): 200 | 400 | 403 | 404 {
    const family = this.families.get(caller);
    if (!family) return 404;
    if (member === caller) return 400;
    const current = family.current === undefined ? undefined : this.images.get(family.current);
    if (current?.visibility === 'private') return 403;
    family.members.add(member);
    if (family.current === undefined) return 200;
    for (const one of family.members) this.#give(family.current, one, `family of ${caller}`);
    return 200;
  }

  unfollow(caller: ModelCaller, member: ModelCaller): 204 | 404 {
    if (!this.families.get(caller)?.members.delete(member)) return 404;
    for (const id of this.images.keys()) this.#take(id, member, `family of ${caller}`);
    return 204;
  }

  answer(caller: ModelCaller, id: string, member: ModelCaller, answer: ModelAnswer): number {
    if (!this.canShow(caller, id)) return 404;
    const image = this.#at(id);
    if (image.visibility !== 'shared') return 403;
    const isKnown = this.#commands(caller, id) || caller === member;
    if (!isKnown || !image.members.has(member)) return 404;
    // The owner asks and withdraws, but the answer is the member's own, even where both are one.
    if (caller !== 'admin' && caller !== member) return 403;
    image.members.set(member, answer);
    return 200;
  }

  withdraw(caller: ModelCaller, id: string, member: ModelCaller): 204 | 403 | 404 {
    if (!this.canShow(caller, id)) return 404;
    const image = this.#at(id);
    if (image.visibility !== 'shared') return 403;
    const isKnown = this.#commands(caller, id) || caller === member;
    if (!isKnown || !image.members.has(member)) return 404;
    if (!this.#commands(caller, id)) return 403;
    this.#end(image, member);
    return 204;
  }

  /** 204 for an image without data. */
  download(caller: ModelCaller, id: string): 200 | 204 | 404 {
    if (!this.canShow(caller, id)) return 404;
    return this.#at(id).hasData ? 200 : 204;
  }

  /** Ids in the caller's list, in no order. */
  list(caller: ModelCaller, list: ModelList): string[] {
    return [...this.images.keys()].filter((id) => this.#isListed(caller, id, list));
  }

  #isListed(caller: ModelCaller, id: string, list: ModelList): boolean {
    const { owner, visibility, members } = this.#at(id);
    if ((list === 'pending' || list === 'shared') && visibility !== 'shared') return false;
    if (caller === owner) return true;
    if (visibility === 'community') return list === 'everything';
    if (caller === 'admin' || visibility === 'public') return true;
    if (visibility === 'private') return false;
    const answer = members.get(caller);
    if (list === 'default') return answer === 'accepted';
    return list === 'pending' ? answer === 'pending' : answer !== undefined;
  }

  #groupOf(caller: ModelCaller): ModelGroup {
    const group = this.groups.get(caller) ?? { members: new Set(), images: new Set() };
    this.groups.set(caller, group);
    return group;
  }

  #offer(image: ModelImage, member: ModelCaller): void {
    const isTrusted = this.trusted.get(member)?.has(image.owner) ?? false;
    image.members.set(member, isTrusted ? 'accepted' : 'pending');
  }

  /** Who is a member by itself stays so; who is so by nothing else has one reason more. */
  #give(id: string, member: ModelCaller, source: string): void {
    const image = this.images.get(id);
    if (image?.visibility !== 'shared' || image.owner === member) return;
    const sources = image.sources.get(member);
    if (image.members.has(member)) {
      sources?.add(source);
      return;
    }
    this.#offer(image, member);
    image.sources.set(member, new Set([source]));
  }

  #take(id: string, member: ModelCaller, source: string): void {
    const image = this.#at(id);
    const sources = image.sources.get(member);
    if (sources?.delete(source) && sources.size === 0) this.#end(image, member);
  }

  #end(image: ModelImage, member: ModelCaller): void {
    image.members.delete(member);
    image.sources.delete(member);
  }

  #commands(caller: ModelCaller, id: string): boolean {
    return caller === 'admin' || caller === this.#at(id).owner;
  }

  #at(id: string): ModelImage {
    const image = this.images.get(id);
    if (!image) throw new Error(`The model has no image ${id}.`);
    return image;
  }
}
