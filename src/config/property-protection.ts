import type { PropertySection } from '../domain/property-protection.ts';
import {
  parseSections,
  type RightFormat,
  rightFormats,
  type SectionText,
} from '../domain/property-sections.ts';
import { parseIniSections } from './ini-sections.ts';
import { mapping, type ReadText, type Setting } from './setting.ts';

type Report = (problem: string) => void;

/** Who may do what with custom properties; undefined for everyone who may change the image. */
export const propertyProtection: Setting<readonly PropertySection[] | null> = {
  key: 'property_protection',
  initial: null,
  about: 'Who may create, read, update and delete which custom properties',
  read(value, report, readText) {
    const parts = mapping(value);
    if (!parts) return undefined;
    let failed = false;
    const tell = (problem: string) => {
      failed = true;
      report(problem);
    };
    const known = ['rule_format', 'file', 'sections'];
    for (const key of Object.keys(parts).filter((one) => !known.includes(one))) {
      tell(`${key}: is not known here; there are ${known.join(', ')}`);
    }
    const format = readFormat(parts['rule_format'] ?? 'roles', tell);
    const texts = readSections(parts, tell, readText);
    const { sections, problems } = parseSections(texts, format);
    for (const problem of problems) tell(problem);
    return failed ? undefined : sections;
  },
  wanted: 'a mapping with sections, or with a file',
};

function readFormat(value: unknown, tell: Report): RightFormat {
  const format = rightFormats.find((one) => one === value);
  if (!format) tell(`rule_format: one of ${rightFormats.join(', ')} is wanted`);
  return format ?? 'roles';
}

function readSections(
  { file, sections }: Readonly<Record<string, unknown>>,
  tell: Report,
  readText: ReadText | undefined,
): readonly SectionText[] {
  if ((file === undefined) === (sections === undefined)) {
    tell('either sections or a file is wanted');
    return [];
  }
  if (file !== undefined) return readFile(file, tell, readText);
  if (Array.isArray(sections)) return sections.flatMap((section) => readSection(section, tell));
  tell('sections: a list is wanted');
  return [];
}

function readSection(section: unknown, tell: Report): readonly SectionText[] {
  const { name, ...rights } = mapping(section) ?? {};
  if (typeof name === 'string' && name !== '') return [{ name, rights }];
  tell('sections: each needs a name, a regular expression');
  return [];
}

function readFile(
  path: unknown,
  tell: Report,
  readText: ReadText | undefined,
): readonly SectionText[] {
  if (typeof path !== 'string' || !readText) {
    tell('file: the path of a file is wanted');
    return [];
  }
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    tell(`file: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  const found = parseIniSections(text, (problem) => tell(`file: ${problem}`));
  return found.map(({ name, values }) => ({ name, rights: values }));
}
