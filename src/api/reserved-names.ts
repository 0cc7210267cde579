/** Whether the service keeps the name of a property for itself. @see Glance, reserved properties */
export function isReserved(name: string): boolean {
  return (
    name === 'location' ||
    name === 'deleted' ||
    name === 'deleted_at' ||
    name.startsWith('os_glance')
  );
}

/** Characters of the name of a custom property. */
export const maxNameLength = 255;
