/** The text that the files of test/captures/compressed hold, packed by the tools that own the formats. */

/** 4,000 rows, 150 kB: more than two blocks of most formats, and enough to fill a table of short LZW codes. */
export function compressedRows(): string {
  let text = "id,name,note\n";
  let random = 1;
  for (let id = 1; id <= 4000; id++) {
    random = (Math.imul(random, 1103515245) + 12345) & 0x7fff_ffff;
    text += `${id},name ${random % 97},"${"abc ".repeat(random % 7)}${random % 1009}"\n`;
  }
  return text;
}
