import { type Caller, isAdmin } from './caller.ts';
import {
  type Condition,
  compileCondition,
  judgeWithoutTarget,
  type Target,
  type Test,
} from './condition.ts';
import { DomainError } from './errors.ts';
import type { Image } from './image.ts';
import type { Action, Policy } from './policy.ts';
import { isOwner, type Visible } from './visibility.ts';

export const propertyOperations = ['create', 'read', 'update', 'delete'] as const;

export type PropertyOperation = (typeof propertyOperations)[number];

/** Who may do what with the custom properties whose names match. */
export interface PropertySection {
  /** Searched for in the name. */
  readonly pattern: RegExp;
  readonly rights: Readonly<Record<PropertyOperation, Condition>>;
}

/**
 * Who may do what with custom properties.
 *
 * @see Glance, "Property protections"
 */
export interface PropertyProtection {
  /** Whether there is a property that somebody who sees its image may not read. */
  readonly hidesProperties: boolean;
  /** Names that the service itself keeps are always allowed. */
  allows(operation: PropertyOperation, name: string, caller: Caller, image: Visible): boolean;
  /** The image without the properties that the caller may not read. */
  readable(image: Image, caller: Caller): Image;
  /** Whether a list may be narrowed by the property: only who reads it on every image learns nothing new. */
  mayFilter(name: string, caller: Caller): boolean;
}

/** Everyone who may change an image may do everything with its properties. */
export const noProtection: PropertyProtection = {
  hidesProperties: false,
  allows: () => true,
  readable: (image) => image,
  mayFilter: () => true,
};

interface Compiled {
  readonly pattern: RegExp;
  readonly rights: PropertySection['rights'];
  readonly tests: Readonly<Record<PropertyOperation, Test>>;
}

/** Bounds what names of callers' choice can make the service keep. */
const maxKnown = 10_000;

/**
 * Protection by sections, of which the first that matches a name decides; without one all is refused.
 *
 * @param policy gives the rules that sections refer to
 */
export function protectionBy(
  sections: readonly PropertySection[],
  policy: Policy,
): PropertyProtection {
  const testOf =
    (rule: string): Test =>
    (caller, target) =>
      policy.allows(rule as Action, caller, target);
  const compiled = sections.map((section) => compile(section, testOf));
  const known = new Map<string, Compiled | undefined>();

  function sectionOf(name: string): Compiled | undefined {
    if (known.has(name)) return known.get(name);
    const section = compiled.find(({ pattern }) => pattern.test(name));
    if (known.size >= maxKnown) known.clear();
    known.set(name, section);
    return section;
  }

  function allows(
    operation: PropertyOperation,
    name: string,
    caller: Caller,
    image: Visible,
  ): boolean {
    if (isOwn(name)) return true;
    return sectionOf(name)?.tests[operation](caller, targetOf(image, caller)) ?? false;
  }

  return {
    hidesProperties: true,
    allows,

    readable(image, caller) {
      const shown = [...image.properties].filter(([name]) => allows('read', name, caller, image));
      if (shown.length === image.properties.size) return image;
      return { ...image, properties: new Map(shown) };
    },

    mayFilter(name, caller) {
      if (isOwn(name)) return true;
      const right = sectionOf(name)?.rights.read;
      const conditionOf = (rule: string) => policy.conditionOf(rule as Action);
      return right !== undefined && judgeWithoutTarget(right, caller, conditionOf) === true;
    },
  };
}

function compile(section: PropertySection, testOf: (rule: string) => Test): Compiled {
  const tests = Object.entries(section.rights).map(([operation, condition]) => [
    operation,
    compileCondition(condition, testOf),
  ]);
  return { ...section, tests: Object.fromEntries(tests) as Compiled['tests'] };
}

/** Whether the service itself keeps properties of that name. */
function isOwn(name: string): boolean {
  return name.startsWith('os_glance');
}

/** Who sees a shared image of another project, and is no admin, is one of its members. */
function targetOf(image: Visible, caller: Caller): Target {
  const isMember =
    image.visibility === 'shared' &&
    image.owner !== null &&
    !isOwner(image, caller) &&
    !isAdmin(caller);
  return isMember ? { ...image, membership: 'accepted' } : image;
}

/**
 * Refuses properties that a caller may not give an image that has others, or none.
 *
 * @throws DomainError `NotPermitted`
 */
export function checkGivenProperties(
  protection: PropertyProtection,
  given: ReadonlyMap<string, string>,
  caller: Caller,
  image: Image,
): void {
  for (const [name, value] of given) {
    const present = image.properties.get(name);
    if (present === value) continue;
    checkProperty(protection, present === undefined ? 'create' : 'update', name, caller, image);
  }
}

/**
 * Refuses what a caller may not do with a property.
 *
 * @throws DomainError `NotPermitted`
 */
export function checkProperty(
  protection: PropertyProtection,
  operation: PropertyOperation,
  name: string,
  caller: Caller,
  image: Visible,
): void {
  if (protection.allows(operation, name, caller, image)) return;
  throw new DomainError(
    'NotPermitted',
    `${name.slice(0, 80)}: you may not ${operation} this property.`,
  );
}
