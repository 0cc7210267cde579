// What every database must do, on PostgreSQL: `npm run test:postgres` runs all of it there, this a part in one process.
process.env['VITRINE_TEST_DATABASE'] = 'postgres';

// Fewer than on SQLite, where the same rules run in full.
process.env['VITRINE_MODEL_RUNS'] ??= '40';

await import('../contract/listing.test.ts');
await import('../contract/seen-list.test.ts');
await import('../contract/paging.test.ts');
await import('../contract/events.test.ts');
await import('../contract/sharing-model.test.ts');
await import('../contract/api.test.ts');
await import('../api/quotas.test.ts');
await import('../api/delayed-delete.test.ts');
await import('../api/identity-first-start.test.ts');
await import('../api/identity-roles.test.ts');
