/** How Java reads and prints the plain values of a config, where JavaScript differs. */

/** String.trim(): drops every character up to U+0020 at both ends, and no other blanks. */
export function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

/** A value inside a message: lists as `[a, b]`, doubles as Double.toString, absent as `null`. */
export function javaText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return `[${value.map(javaText).join(", ")}]`;
  return String(value);
}

/** Double.toString: always a fraction, exponent form from 10^7 and below 10^-3. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  // Two digits at least, the closest that read back: 4.9E-324, where JavaScript is content with 5e-324.
  const shortest = value.toExponential();
  const [mantissa = "", exponent = ""] = (shortest.includes(".") ? shortest : value.toExponential(1)).split("e");
  return `${mantissa}E${exponent.replace("+", "")}`;
}

/** Map.toString of a config, as it stands in messages: `{k=v, …}` in the order given. */
export function javaMap(map: Readonly<Record<string, string | null>>): string {
  return `{${Object.entries(map).map(([key, value]) => `${key}=${value}`).join(", ")}}`;
}
