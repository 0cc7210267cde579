import type { Project } from '../domain/project.ts';
import type { User } from '../domain/user.ts';

/** What is told of a project to those who share with it. */
export type KnownProject = Pick<Project, 'id' | 'domainId' | 'name' | 'enabled'>;

/** What is told of a user to those who see its images. */
export type KnownUser = Pick<User, 'id' | 'domainId' | 'name' | 'enabled'>;

/**
 * The names of projects and users, asked in the service's own name: whoever calls decides who may
 * learn of them. What is not there is undefined or empty.
 *
 * Every call throws DomainError `IdentityUnavailable` when nobody can tell at this moment, or when
 * the service may not ask.
 */
export interface Directory {
  projectById(id: string): Promise<KnownProject | undefined>;
  /** Projects of exactly that name in one domain: one, as identity services keep it, or none. */
  projectsByName(name: string, domainId: string): Promise<readonly KnownProject[]>;
  userById(id: string): Promise<KnownUser | undefined>;
  /**
   * What the projects of these ids are called, for people to read: undefined for who is not there.
   * Each answer comes by itself, since one may take longer than another.
   */
  projectNames(ids: readonly string[]): readonly Promise<string | undefined>[];
  /** What the users of these ids are called, like `projectNames`. */
  userNames(ids: readonly string[]): readonly Promise<string | undefined>[];
}
