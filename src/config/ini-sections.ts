/** A section of an INI file: its name, and its values by lower-case key. */
export interface IniSection {
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Reads an INI file as Glance's own configuration is read: `[name]`, `key = value` or `key: value`,
 * comments after `#` or `;` at the beginning of a line.
 *
 * @param report told of every line that is none of these, with its number
 */
export function parseIniSections(
  text: string,
  report: (problem: string) => void,
): readonly IniSection[] {
  const sections: { readonly name: string; readonly values: Record<string, string> }[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === '' || /^[#;]/.test(content)) continue;
    const name = /^\[(.+)\]$/.exec(content)?.[1];
    const value = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(content);
    const section = sections.at(-1);
    if (name !== undefined) sections.push({ name, values: {} });
    else if (value && section) section.values[(value[1] ?? '').toLowerCase()] = value[2] ?? '';
    else report(`line ${index + 1}: [name] or key = value is wanted`);
  }
  return sections;
}
