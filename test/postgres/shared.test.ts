// What every database must do, on PostgreSQL: `npm run test:postgres` runs all of it there, this a part in one process.
process.env['VITRINE_TEST_DATABASE'] = 'postgres';

await import('../contract/listing.test.ts');
await import('../contract/events.test.ts');
await import('../api/members.test.ts');
await import('../api/quotas.test.ts');
await import('../api/identity-first-start.test.ts');
