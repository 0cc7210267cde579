/** A line of a table: what it is about, and its words in the order of the columns. */
export interface Line {
  readonly name: string;
  readonly words: readonly string[];
}

/**
 * Reads a table as it stands on the page: a line has a name, two blanks or more, and a word a column;
 * `|` parts groups of columns for the eye alone, and lines that begin with a blank are headings.
 *
 * @throws Error for a line of another length, or a name that comes twice
 */
export function grid(columns: number, text: string): readonly Line[] {
  const lines = text
    .split('\n')
    .filter((line) => /^\S/.test(line))
    .map((line): Line => {
      const [, name = '', rest = ''] = /^(\S.*?)\s{2,}(.*)$/.exec(line) ?? [];
      return { name, words: rest.split(/[\s|]+/).filter((word) => word !== '') };
    });
  for (const { name, words } of lines) {
    if (words.length !== columns) throw new Error(`${name}: ${words.length} words of ${columns}.`);
  }
  const names = new Set(lines.map(({ name }) => name));
  if (names.size !== lines.length) throw new Error('Two lines have the same name.');
  return lines;
}
