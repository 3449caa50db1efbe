import { type ByteSource, openFile } from "../byte_source.ts";
import { textSource } from "../charset.ts";
import { type Compression, compressionOf, decompress } from "../compression.ts";
import type { CsvFormat, CsvReader } from "../csv_reader.ts";
import type { OnReplaced } from "../utf8_source.ts";
import { CsvFileReader } from "./reader.ts";

/**
 * Opens a CSV file: drops the lines to skip and reads the header. Throws what the file or the format will not allow. The file
 * is decompressed as its name says unless `compression` says otherwise.
 */
export async function openCsv(
  path: string,
  format: CsvFormat,
  compression: Compression = compressionOf(path),
  onReplaced: OnReplaced = () => {},
): Promise<CsvReader> {
  let source: ByteSource = await openFile(path);
  try {
    source = decompress(source, compression, path);
    source = await textSource(source, format.charset, onReplaced);
    return await CsvFileReader.open(source, format);
  } catch (error) {
    source.close();
    throw error;
  }
}
