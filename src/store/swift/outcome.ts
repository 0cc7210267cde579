/**
 * What long work came to: its answer begins before it is done, so that nobody takes the server for silent, and has
 * the status in its body. 0 when that is not to be read.
 */
export function outcomeOf(text: string): number {
  try {
    return Number.parseInt(String(Object(JSON.parse(text))['Response Status']), 10) || 0;
  } catch {
    return 0;
  }
}
