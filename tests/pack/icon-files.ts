/** Icon containers of Windows and macOS: both take PNG pictures as they are. */

const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
/** Apple's four-letter names: a size in points, and twice that for screens of double density. */
const ICNS_TYPES: readonly (readonly [type: string, pixels: number])[] = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic07', 128],
  ['ic08', 256],
  ['ic09', 512],
  ['ic10', 1024],
  ['ic11', 32],
  ['ic12', 64],
  ['ic13', 256],
  ['ic14', 512],
];

export interface Picture {
  name: string;
  png: Buffer;
}

/** Width and height of a PNG (PNG specification 11.2.1, IHDR). Throws when it is none. */
export function sizeOf(png: Buffer): { width: number; height: number } {
  if (png.length < 24 || png.toString('latin1', 1, 8) !== 'PNG\r\n\x1a\n') throw new Error('not a PNG');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/** An ICO file: a directory of 16 bytes a picture, then the pictures. Width 256 is written as 0. */
export function ico(pngs: ReadonlyMap<number, Buffer>): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(ICO_SIZES.length, 4);
  let offset = head.length + 16 * ICO_SIZES.length;
  const entries = ICO_SIZES.map((size) => {
    const png = pictured(pngs, size);
    const entry = Buffer.alloc(16);
    entry.writeUInt8(size % 256, 0);
    entry.writeUInt8(size % 256, 1);
    entry.writeUInt16LE(1, 4);
    entry.writeUInt16LE(32, 6);
    entry.writeUInt32LE(png.length, 8);
    entry.writeUInt32LE(offset, 12);
    offset += png.length;
    return entry;
  });
  return Buffer.concat([head, ...entries, ...ICO_SIZES.map((size) => pictured(pngs, size))]);
}

/** An ICNS file: blocks of a type, a length that counts its own 8 bytes, and the picture. */
export function icns(pngs: ReadonlyMap<number, Buffer>): Buffer {
  const block = (type: string, content: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(content.length + head.length, 4);
    return Buffer.concat([head, content]);
  };
  return block('icns', Buffer.concat(ICNS_TYPES.map(([type, pixels]) => block(type, pictured(pngs, pixels)))));
}

/** The pictures of an ICO, named by the size that its directory tells. */
export function readIco(file: Buffer): Picture[] {
  return Array.from({ length: file.readUInt16LE(4) }, (_, index) => {
    const at = 6 + 16 * index;
    const start = file.readUInt32LE(at + 12);
    return { name: String(file.readUInt8(at) || 256), png: file.subarray(start, start + file.readUInt32LE(at + 8)) };
  });
}

/** The pictures of an ICNS, named by type. Throws when a length does not fit. */
export function readIcns(file: Buffer): Picture[] {
  if (file.toString('latin1', 0, 4) !== 'icns' || file.readUInt32BE(4) !== file.length) throw new Error('not an ICNS');
  const found: Picture[] = [];
  for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) {
    found.push({
      name: file.toString('latin1', at, at + 4),
      png: file.subarray(at + 8, at + file.readUInt32BE(at + 4)),
    });
  }
  return found;
}

/** Pixels that an ICNS type stands for. */
export const pixelsOf = (type: string): number | undefined => ICNS_TYPES.find(([name]) => name === type)?.[1];

function pictured(pngs: ReadonlyMap<number, Buffer>, size: number): Buffer {
  const png = pngs.get(size);
  if (png === undefined) throw new Error(`no picture of ${size} px`);
  return png;
}
