import { MS_PER_DAY } from "sdk";
import type { Zone } from "./time_zone.ts";

/** Name of this format among `parser.timestamp.date.formats`; an extra of ours. */
export const ISO_FORMAT = "ISO";

const SHAPE = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/**
 * Milliseconds since the epoch of an ISO 8601 date, or date and time, with fraction and zone where given, read in `zone` where
 * not; null for any other text. All of the text must fit, and the day must exist. Digits beyond milliseconds are cut.
 */
export function parseIsoTime(text: string, zone: Zone): number | null {
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", utc, sign, offsetHour, offsetMinute = "0"] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  const time = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3));
  if (!isDay || Number(minute) > 59 || Number(second) > 59 || time > MS_PER_DAY) return null;
  const wall = date.getTime() + time;
  if (utc !== undefined) return wall;
  if (offsetHour === undefined) return wall - zone.offsetAtWall(wall);
  if (Number(offsetHour) > 18 || Number(offsetMinute) > 59) return null;
  return wall - (sign === "-" ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
}
