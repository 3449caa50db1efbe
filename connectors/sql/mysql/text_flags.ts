import { ESCAPED, NON_ASCII } from "sdk";

/** What goes in the place of bytes behind the end: a letter, which needs no flag. */
const LETTERS = 0x61616161;

/**
 * The flags of a text: whether JSON needs an escape in it and whether it is all ASCII. Four bytes a step; reads up to three bytes past
 * the end, which do not count. The tricks tell whether some byte of a word is below 0x20, or equals `"` or `\`.
 */
export function textFlags(view: DataView, start: number, end: number): number {
  let escapes = 0;
  let high = 0;
  for (let i = start; i < end; i += 4) {
    let word = view.getUint32(i);
    if (i + 4 > end) {
      const mask = -1 << ((i + 4 - end) * 8);
      word = (word & mask) | (LETTERS & ~mask);
    }
    const quote = word ^ 0x22222222;
    const slash = word ^ 0x5c5c5c5c;
    escapes |= ((word - 0x20202020) & ~word) | ((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash);
    high |= word;
  }
  return ((escapes & 0x80808080) === 0 ? 0 : ESCAPED) | ((high & 0x80808080) === 0 ? 0 : NON_ASCII);
}
