/** The formats that the API names by default, and files by their suffix. */
export const diskFormats = [
  ...['qcow2', 'raw', 'iso', 'vmdk', 'vhd', 'vhdx', 'vdi', 'ploop', 'aki', 'ami', 'ari'],
] as const;

const suffixes: Readonly<Record<string, string>> = {
  img: 'raw',
  bin: 'raw',
  dd: 'raw',
  qcow: 'qcow2',
};

/** The format that a file's name speaks of; `raw` when it speaks of none. */
export function formatOf(fileName: string): string {
  const suffix = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? '';
  return diskFormats.find((format) => format === suffix) ?? suffixes[suffix] ?? 'raw';
}

/** The name that an image gets from its file. */
export function nameOf(fileName: string): string {
  return fileName.replace(/\.[a-z0-9]{1,5}$/i, '').slice(0, 255) || fileName;
}
