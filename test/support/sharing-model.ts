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
    image.members.set(member, 'pending');
    return 200;
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
    image.members.delete(member);
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

  #commands(caller: ModelCaller, id: string): boolean {
    return caller === 'admin' || caller === this.#at(id).owner;
  }

  #at(id: string): ModelImage {
    const image = this.images.get(id);
    if (!image) throw new Error(`The model has no image ${id}.`);
    return image;
  }
}
