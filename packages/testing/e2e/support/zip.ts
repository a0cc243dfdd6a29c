import { crc32, deflateRawSync } from 'node:zlib';

/** An entry of a zip; what is not given is made so that the archive is in order. */
export interface ZipEntry {
  readonly path: string;
  readonly content: Buffer;
  /** Unix mode with the type of the file, for example 0o120777 for a symbolic link. */
  readonly mode?: number;
  /** The size that both headers claim, where they are to lie. */
  readonly claimedSize?: number;
}

const STORED = 0;
const DEFLATED = 8;
const UTF8_FLAG = 0x800;
const MADE_BY_UNIX = (3 << 8) | 20;
const MAX_COUNT = 0xffff;

/** Writes a zip as it is told, good or malicious: no path, size, type or number of entries is refused. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content, mode = 0o100644, claimedSize = content.length } of entries) {
    const name = Buffer.from(path);
    const method = content.length === 0 ? STORED : DEFLATED;
    const packed = method === STORED ? content : deflateRawSync(content);
    const shared = Buffer.alloc(26); // what both headers say: version, flags, method, time, checksum, sizes, lengths
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(UTF8_FLAG, 2);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(claimedSize, 18);
    shared.writeUInt16LE(name.length, 22);
    locals.push(Buffer.from('PK\u0003\u0004'), shared, name, packed);
    const rest = Buffer.alloc(14); // comment length, disk, attributes, offset
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002'), uint16(MADE_BY_UNIX), shared, rest, name);
    offset += 4 + shared.length + name.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  return Buffer.concat([...locals, listing, endRecords({ count: entries.length, size: listing.length, offset })]);
}

/** The end of the central directory; a zip64 one in front where there are more entries than the old one can count. */
function endRecords({ count, size, offset }: { count: number; size: number; offset: number }): Buffer {
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  for (const at of [8, 10]) end.writeUInt16LE(Math.min(count, MAX_COUNT), at);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  if (count < MAX_COUNT) return end;
  const end64 = Buffer.alloc(56);
  end64.write('PK\u0006\u0006', 0, 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  for (const at of [12, 14]) end64.writeUInt16LE(45, at);
  for (const at of [24, 32]) end64.writeBigUInt64LE(BigInt(count), at);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\u0006\u0007', 0, 'latin1');
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
