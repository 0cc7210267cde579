import { crc32, deflateRawSync } from 'node:zlib';

/** The data of `sectorsXz`. */
export const sectors = Buffer.from(
  Array.from({ length: 1000 }, (_, n) => `sector ${n}\n`).join(''),
);

/** What `xz` 5.4 makes of it. */
export const sectorsXz = Buffer.from(
  [
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4CqJAbZdADmZSJIX2G6hT0lwATaE/WY9zLwwdx0cZ0OR3o/NwjCc7r8A5s6vq6Bs8XAM',
    '/H0hZknGxMPXEFmzcVuEZY5CCeUUcrmO+4LpnfsNw+NVJ1CuoFhbcleuTRYKUTlJnewX/zc9IGt43L4GigyJUVay9KbTbK7dofuC',
    'my30ee5yFVm1mdnyMkvUDVb+Gj8rMEgzxHNV1TC7+SgkvM49DB/en1O8fpzB/mQhY+Nq/MpKlHwuY0zkVWV+6G2yGjiLSmrks6Md',
    'YrJcOHzYXMXQzCoIdrJg2WPoqVStHY60RBQ2qZjy5R1TjVjIblGNONWYbgUf8H5OEhKoKmaaXA+RreQscmkVtz3/zOb3w7noxtfx',
    'lZndDMNE2Fj+FK17MYaTGo7pmx9vtXiquQZMwGMLYNb5PW4SUc/90gEL1EqN1uicGN9+MF7SZiDfGDB0/r0Izy+/uvtKZ7RUgNDs',
    '5nFte+Ag6UjLONztwLSroDpoKZIfTUgXsIct4qCGDxxThjmoXrlcQsdERGVEi5sazVwLXJVT1wUnhl1pAs7PseYggkjU2OyViinv',
    'ADMuLpR8Hsxno8Mm/93lqj+uAAAAALHpS2AUs37hAAHSA4pVAAAtqZAzscRn+wIAAAAABFla',
  ].join(''),
  'base64',
);

/** An archive of files, as `zip` writes them. */
export function zipOf(...files: readonly Uint8Array[]): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [n, data] of files.entries()) {
    const name = Buffer.from(`disk${n}`);
    const packed = deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), common, name, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0'), common, tail, name);
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  return Buffer.concat([...parts, ...directory, Buffer.from('PK\x05\x06'), end]);
}
