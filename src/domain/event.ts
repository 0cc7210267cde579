import type { Caller } from './caller.ts';
import type { Image } from './image.ts';
import type { Member } from './member.ts';

/** What happened, in the words of Glance's notifications. @see Glance, "Notifications" */
export type EventType =
  | 'image.create'
  | 'image.update'
  | 'image.prepare'
  | 'image.upload'
  | 'image.activate'
  | 'image.delete'
  | 'image.damaged'
  | 'image.send'
  | 'image.member.create'
  | 'image.member.update'
  | 'image.member.delete';

/** Something that happened, as those who listen are told of it. */
export interface ImageEvent {
  readonly type: EventType;
  readonly priority: 'INFO' | 'ERROR';
  /** An object for what went well, a text for what did not. */
  readonly payload: Readonly<Record<string, unknown>> | string;
}

/** A change of an image, which `image` is the outcome of. */
export function imageEvent(
  type: 'image.create' | 'image.update' | 'image.activate',
  image: Image,
): ImageEvent {
  return info(type, imagePayload(image));
}

/** The data of an image is found not to be what was uploaded; Glance has nothing like it. */
export function damagedEvent(image: Image, position: number): ImageEvent {
  const payload = { ...imagePayload(image), position };
  return { type: 'image.damaged', priority: 'ERROR', payload };
}

/** Data begins to come in for an image. @param backend the store that takes it */
export function prepareEvent(image: Image, backend: string): ImageEvent {
  return info('image.prepare', { ...imagePayload(image), ...noImport, backend });
}

/** The data of an image is stored. */
export function uploadEvent(image: Image): ImageEvent {
  return info('image.upload', { ...imagePayload(image), ...noImport });
}

/** An upload failed, and why. */
export function failedUploadEvent(imageId: string, why: string): ImageEvent {
  const payload = `The upload of image ${imageId} failed: ${why}`;
  return { type: 'image.upload', priority: 'ERROR', payload };
}

/** An image is deleted; with `pending_delete` its data is kept for a while. */
export function deleteEvent(
  image: Image,
  { at, status }: { readonly at: Date; readonly status: 'deleted' | 'pending_delete' },
): ImageEvent {
  return info('image.delete', { ...imagePayload({ ...image, status }), ...deletedAt(at) });
}

/** A member was added, or answered. */
export function memberEvent(
  type: 'image.member.create' | 'image.member.update',
  member: Member,
): ImageEvent {
  return info(type, memberPayload(member));
}

/** A member was removed. */
export function memberDeleteEvent(member: Member, at: Date): ImageEvent {
  return info('image.member.delete', { ...memberPayload(member), ...deletedAt(at) });
}

/** Data was sent; an error when it is less than was asked for. */
export function sendEvent(
  image: Image,
  receiver: Caller,
  bytes: { readonly sent: number; readonly wanted: number },
): ImageEvent {
  return {
    type: 'image.send',
    priority: bytes.sent < bytes.wanted ? 'ERROR' : 'INFO',
    payload: {
      bytes_sent: bytes.sent,
      image_id: image.id,
      owner_id: image.owner,
      receiver_tenant_id: receiver.projectId,
      receiver_user_id: receiver.userId,
    },
  };
}

/**
 * Whether the operator disabled events of that type, by its name or by its group. As in Glance the group
 * is what stands before the first dot: `image` disables the events of members too, `image.member` none.
 */
export function isDisabled(type: EventType, disabled: readonly string[]): boolean {
  const [group = type] = type.split('.', 1);
  return disabled.includes(type) || disabled.includes(group);
}

/** Imports into several stores are told of by these; without one they are empty. */
const noImport = { os_glance_importing_to_stores: [], os_glance_failed_import: [] } as const;

function info(type: EventType, payload: Readonly<Record<string, unknown>>): ImageEvent {
  return { type, priority: 'INFO', payload };
}

function imagePayload(image: Image) {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    created_at: time(image.createdAt),
    updated_at: time(image.updatedAt),
    min_disk: image.minDisk,
    min_ram: image.minRam,
    protected: image.protected,
    checksum: image.checksum,
    owner: image.owner,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    size: image.size,
    virtual_size: image.virtualSize,
    is_public: image.visibility === 'public',
    visibility: image.visibility,
    properties: Object.fromEntries(image.properties),
    tags: image.tags,
    deleted: false,
    deleted_at: null,
  };
}

function memberPayload(member: Member) {
  return {
    image_id: member.imageId,
    member_id: member.projectId,
    status: member.status,
    created_at: time(member.createdAt),
    updated_at: time(member.updatedAt),
    deleted: false,
    deleted_at: null,
  };
}

function deletedAt(at: Date) {
  return { deleted: true, deleted_at: time(at) };
}

/** UTC, whole seconds, as the Images API shows times. */
function time(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
