const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const pattern = new RegExp(`^${uuid}$`, 'i');

/** The text of a pattern that only a UUID matches. */
export const imageIdPattern = uuid;

export function isImageId(text: string): boolean {
  return pattern.test(text);
}

/** @throws TypeError when the id is not a UUID, which alone is known to be a harmless name. */
export function checkImageId(imageId: string): void {
  if (!isImageId(imageId)) throw new TypeError('An image id must be a UUID.');
}
