/** The projects that somebody typed, each once: parted by commas, semicolons or line ends, since names may have blanks. */
export function recipientsIn(text: string): readonly string[] {
  const typed = text.split(/[,;\n]/).map((name) => name.trim());
  return [...new Set(typed.filter((name) => name !== ''))];
}
