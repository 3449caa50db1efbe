/** Takes one file out of a zip (a Python wheel is one) or a gzipped tar, without a tool of the system. */
import { gunzipSync, inflateRawSync } from "node:zlib";

/** The first file of a zip whose name passes, unpacked; undefined when there is none. Refuses what is no zip. */
export function fromZip(zip: Uint8Array, wanted: (name: string) => boolean): Uint8Array | undefined {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = endOfDirectory(view);
  const entries = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < entries; i++) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new Error("Cannot read the zip: its directory is damaged");
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    if (wanted(name)) return entryBytes(zip, view, at);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return undefined;
}

/** The first regular file of a `.tar.gz` whose path passes; undefined when there is none. */
export function fromTarGz(archive: Uint8Array, wanted: (name: string) => boolean): Uint8Array | undefined {
  const tar = gunzipSync(archive);
  const decoder = new TextDecoder();
  const text = (from: number, length: number) => decoder.decode(tar.subarray(from, from + length)).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= tar.length;) {
    const name = text(at, 100);
    if (name === "") return undefined; // Two empty blocks end an archive.
    const size = parseInt(text(at + 124, 12).trim() || "0", 8);
    const prefix = text(at + 257, 5) === "ustar" ? text(at + 345, 155) : "";
    const isFile = tar[at + 156] === 0x30 || tar[at + 156] === 0;
    if (isFile && wanted(prefix === "" ? name : `${prefix}/${name}`)) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}

/** The end record lies within the last 64 KiB, behind an optional comment. */
function endOfDirectory(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 65_557); at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  throw new Error("Cannot read the zip: it has no end record, so it is cut short or no zip at all");
}

/** The local header repeats the name with an extra field of its own length, so sizes come from the directory, the start from there. */
function entryBytes(zip: Uint8Array, view: DataView, entry: number): Uint8Array {
  const method = view.getUint16(entry + 10, true);
  const packed = view.getUint32(entry + 20, true);
  const local = view.getUint32(entry + 42, true);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const bytes = zip.subarray(start, start + packed);
  if (method === 0) return bytes;
  if (method === 8) return inflateRawSync(bytes);
  throw new Error(`Cannot read the zip: compression method ${method} is not "stored" or "deflated"`);
}
