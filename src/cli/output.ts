/** A value as a command shows it. */
export type Cell = string | number | boolean | null | undefined;

/** What a command found, for people and for programs. */
export interface Output {
  /** Rows of equal columns. */
  table(rows: readonly Readonly<Record<string, Cell>>[], columns: readonly string[]): void;
  /** One thing, a line a field. */
  fields(thing: Readonly<Record<string, Cell>>): void;
  /** What was done; programs are told nothing, since the exit code says it. */
  done(text: string): void;
}

/** Text for people: no colours, so that it can be piped. */
export function textOutput(write: (text: string) => void): Output {
  return {
    table(rows, columns) {
      const lines = [columns, ...rows.map((row) => columns.map((column) => shown(row[column])))];
      for (const line of aligned(lines)) write(`${line}\n`);
    },
    fields(thing) {
      const lines = Object.entries(thing).map(([name, value]) => [name, shown(value)]);
      for (const line of aligned(lines)) write(`${line}\n`);
    },
    done: (text) => write(`${text}\n`),
  };
}

/** JSON for programs: a list or an object. */
export function jsonOutput(write: (text: string) => void): Output {
  return {
    table: (rows) => write(`${JSON.stringify(rows, null, 2)}\n`),
    fields: (thing) => write(`${JSON.stringify(thing, null, 2)}\n`),
    done() {},
  };
}

function aligned(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Control characters in a name must not steer the reader's terminal. */
function shown(value: Cell): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value).replaceAll(/\p{Cc}/gu, '\uFFFD');
}
