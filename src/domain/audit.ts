export const auditLevels = ['none', 'changes', 'all'] as const;

/** Which requests are told of: none, those that change something or are refused, or all. */
export type AuditLevel = (typeof auditLevels)[number];
