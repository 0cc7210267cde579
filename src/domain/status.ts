/** Where an image is in its life. @see Images API v2, image status */
export const imageStatuses = [
  'queued',
  'saving',
  'active',
  'killed',
  'deleted',
  'uploading',
  'importing',
  'pending_delete',
  'deactivated',
] as const;

export type ImageStatus = (typeof imageStatuses)[number];

/**
 * The statuses that each status may turn into.
 *
 * Glance knows no way from or back to deactivated when a delete is delayed; here an image is restored as it
 * was, so that deleting it never opens what an operator closed.
 */
const nextStatuses: Readonly<Record<ImageStatus, readonly ImageStatus[]>> = {
  queued: ['saving', 'uploading', 'importing', 'active', 'deleted'],
  saving: ['active', 'queued', 'killed', 'deleted'],
  uploading: ['importing', 'queued', 'deleted'],
  importing: ['active', 'queued', 'deleted'],
  active: ['deactivated', 'pending_delete', 'deleted'],
  deactivated: ['active', 'pending_delete', 'deleted'],
  killed: ['deleted'],
  pending_delete: ['deleted', 'active', 'deactivated'],
  deleted: [],
};

/** Whether an image may go from `from` to `to`. */
export function mayBecome(from: ImageStatus, to: ImageStatus): boolean {
  return nextStatuses[from].includes(to);
}
