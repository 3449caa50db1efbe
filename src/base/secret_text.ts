/** Secrets in texts: where a value counts as the secret, and where it is a part of some word. */

/** What stands in place of a secret (Kafka's Password.HIDDEN). */
export const HIDDEN = "[hidden]";
/** Values of this many characters are taken for the secret wherever they stand; in shorter ones words and names may happen to be written. */
const LONG = 8;
/** A letter, digit or sign of names, at most one joint away: what a short value may not follow or precede to count as the secret. */
const WORD_BEFORE = /[\p{L}\p{N}_$-][./]?$/u;
const WORD_AFTER = /^[./]?[\p{L}\p{N}_$-]/u;
/** UTF-16 units that hold one character and a joint. */
const REACH = 3;

/**
 * The text with each of these values replaced. Values of 8 characters and more are replaced wherever they stand; shorter ones only
 * by themselves: `om` in `password=om` and in `user:om@host`, not in `common`, `om.customers` or `/connectors/om_x`, where it says
 * nothing until its gap does. Values of one character stay: hiding them would hide everything. Invariant 5
 */
export function maskValues(text: string, values: Iterable<string>, mask: string = HIDDEN): string {
  const found: (readonly [number, number])[] = [];
  for (const value of values) {
    if (value.length < 2) continue;
    for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
      const end = at + value.length;
      if (value.length >= LONG || standsAlone(text, at, end)) found.push([at, end]);
    }
  }
  return found.length === 0 ? text : replaced(text, found, mask);
}

function standsAlone(text: string, at: number, end: number): boolean {
  return !WORD_BEFORE.test(text.slice(Math.max(0, at - REACH), at)) && !WORD_AFTER.test(text.slice(end, end + REACH));
}

/** Places that overlap become one mask, so that nothing is left of a secret that lies across another. */
function replaced(text: string, places: (readonly [number, number])[], mask: string): string {
  places.sort(([a], [b]) => a - b);
  let clean = "";
  let done = 0;
  for (const [at, end] of places) {
    if (at >= done) clean += text.slice(done, at) + mask;
    done = Math.max(done, end);
  }
  return clean + text.slice(done);
}
