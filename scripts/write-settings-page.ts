// Writes docs/configure.md from the settings; a test holds the two together.
import { writeFileSync } from 'node:fs';
import { settingsPage } from '../src/config/description.ts';

const page = new URL('../docs/configure.md', import.meta.url);
writeFileSync(page, settingsPage());
console.log(`Wrote ${page.pathname}.`);
