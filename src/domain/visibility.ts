/** Who may see an image. @see Images API v2, image visibility */
export const visibilities = ['public', 'private', 'shared', 'community'] as const;

export type Visibility = (typeof visibilities)[number];
