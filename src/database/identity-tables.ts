// biome-ignore lint/complexity/noBannedTypes: filled by the identity tables.
export type IdentityTables = {};
