import type { Setting } from './setting.ts';
import { settingSections } from './settings.ts';
import { type Given, variableOf } from './sources.ts';

/** The initial value of a setting as people write it; empty for none. */
export function initialText({ initial, initialText: text }: Setting<unknown>): string {
  if (text !== undefined) return text;
  if (initial === undefined || initial === null) return '';
  return typeof initial === 'string' ? initial : JSON.stringify(initial);
}

/** Where a value was given, for people. */
export function placeText(given: Given | undefined): string {
  return given?.place ?? 'default';
}

/** The operators' page on every setting, as Markdown. */
export function settingsPage(): string {
  const sections = settingSections.map(({ title, settings }) => {
    const rows = Object.values(settings as Readonly<Record<string, Setting<unknown>>>).map(entry);
    return [`## ${title}`, ...rows].join('\n\n');
  });
  return `${[intro, ...sections].join('\n\n')}\n`;
}

const intro = `# Configure

The service runs without any configuration. What you set stands in a YAML file that \`VITRINE_CONFIG\` names, or in
the environment, which comes before the file: \`image_size_cap\` of the file is \`VITRINE_IMAGE_SIZE_CAP\` there. Lists
and mappings are written as YAML or JSON in a variable.

\`\`\`yaml
host: 0.0.0.0
public_endpoint: https://images.example.com
image_count_total: 500
log_level: warn
\`\`\`

At its start the service tells every problem at once, each with its file, line and what is wanted, and does not run
until they are mended. The same without starting anything:

\`\`\`sh
npx vitrine config check
npx vitrine config show
npx vitrine config explain image_size_cap
\`\`\`

\`--file vitrine.yaml\` looks at another file than the one that \`VITRINE_CONFIG\` names. A variable that begins with
\`VITRINE_\` and is no setting does not keep the service from starting; it is told in the log and by \`config check\`.

This page is written by \`npm run docs:configure\` from what the service itself knows of its settings.`;

function entry(setting: Setting<unknown>): string {
  const { key, about, wanted } = setting;
  const initial = initialText(setting);
  const first = `\`${key}\` (\`${variableOf(key)}\`)`;
  const byDefault = initial === '' ? 'none' : `\`${initial}\``;
  return `### ${first}\n\n${about}.\n\n- Wanted: ${wanted.replace(/,$/, '')}.\n- Default: ${byDefault}.`;
}
