import { MS_PER_DAY } from "sdk";

/** Where offsets of wall clocks come from; all numbers are milliseconds. */
export interface Zone {
  /** What the clocks are ahead of UTC by at an instant. */
  offsetAt(instant: number): number;
  /**
   * The same for a time read off a wall clock. As java.util.Calendar takes it: a time the clocks skip counts by the offset
   * before, one they show twice by the offset after.
   */
  offsetAtWall(wall: number): number;
  /** The offset without daylight saving, at a wall clock time. */
  standardOffset(wall: number): number;
  /** Whether the clocks change with the seasons these years. */
  readonly savesDaylight: boolean;
}

/** Java's three-letter names, which are not all IANA's (java.time.ZoneId.SHORT_IDS). */
const SHORT_NAMES = new Map(Object.entries({
  ACT: "Australia/Darwin",
  AET: "Australia/Sydney",
  AGT: "America/Argentina/Buenos_Aires",
  ART: "Africa/Cairo",
  AST: "America/Anchorage",
  BET: "America/Sao_Paulo",
  BST: "Asia/Dhaka",
  CAT: "Africa/Harare",
  CNT: "America/St_Johns",
  CST: "America/Chicago",
  CTT: "Asia/Shanghai",
  EAT: "Africa/Addis_Ababa",
  ECT: "Europe/Paris",
  EST: "Etc/GMT+5",
  HST: "Etc/GMT+10",
  IET: "America/Indiana/Indianapolis",
  IST: "Asia/Kolkata",
  JST: "Asia/Tokyo",
  MIT: "Pacific/Apia",
  MST: "Etc/GMT+7",
  NET: "Asia/Yerevan",
  NST: "Pacific/Auckland",
  PLT: "Asia/Karachi",
  PNT: "America/Phoenix",
  PRT: "America/Puerto_Rico",
  PST: "America/Los_Angeles",
  SST: "Pacific/Guadalcanal",
  VST: "Asia/Ho_Chi_Minh",
}));

/** `GMT+5`, `GMT+0530`, `GMT-5:30` (java.util.TimeZone). */
const CUSTOM = /^GMT([+-])(\d{1,2})(?::?([0-5]\d))?$/;
/** Java's zones know no offset before this instant but today's standard one: 1 January 1900. */
const FIRST_KNOWN = -2_208_988_800_000;
/** A second less than the last instant Temporal knows. */
const MAX_INSTANT = 8.64e15 - 1000;

/** Zones in use, by IANA id: at most as many as there are. */
const regions = new Map<string, RegionZone>();

/** The zone of an id, as java.util.TimeZone.getTimeZone: an unknown id means UTC. */
export function timeZone(id: string): Zone {
  const custom = customOffset(id);
  if (custom !== undefined) return new FixedZone(custom);
  const name = SHORT_NAMES.get(id) ?? id;
  let zone = regions.get(name);
  if (zone === undefined) {
    if (!isRegion(name)) return new FixedZone(0);
    regions.set(name, zone = new RegionZone(name));
  }
  return zone;
}

/** Whether the id names a zone, so that it does not silently mean UTC. */
export function isTimeZone(id: string): boolean {
  return customOffset(id) !== undefined || SHORT_NAMES.has(id) || isRegion(id);
}

function customOffset(id: string): number | undefined {
  const [, sign, hours, minutes = "0"] = CUSTOM.exec(id) ?? [];
  if (hours === undefined || Number(hours) > 23) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** An IANA id; a bare offset such as `+05:30`, which Temporal takes too, is none for Java. */
function isRegion(id: string): boolean {
  if (!/^[A-Za-z]/.test(id)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: id });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false; // how Intl says that there is no such zone
    throw error;
  }
}

class FixedZone implements Zone {
  readonly savesDaylight = false;
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  offsetAt(): number {
    return this.#offset;
  }

  offsetAtWall(): number {
    return this.#offset;
  }

  standardOffset(): number {
    return this.#offset;
  }
}

/** Between two changes of the clocks. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** A zone of the IANA database. What was once asked is kept: asking Temporal takes microseconds, and times cluster. */
class RegionZone implements Zone {
  readonly #id: string;
  readonly #known: Stretch[] = [];
  #last: Stretch;

  constructor(id: string) {
    this.#id = id;
    this.#last = this.#look(Date.now());
  }

  get savesDaylight(): boolean {
    const [winter, summer] = this.#seasons(Date.now());
    return winter !== summer;
  }

  offsetAt(instant: number): number {
    const last = this.#last;
    if (instant >= last.from && instant < last.to) return last.offset;
    this.#last = this.#known.find((one) => instant >= one.from && instant < one.to) ?? this.#look(instant);
    return this.#last.offset;
  }

  offsetAtWall(wall: number): number {
    const last = this.#last;
    if (wall >= last.from + MS_PER_DAY && wall < last.to - MS_PER_DAY) return last.offset;
    const after = this.offsetAt(wall + MS_PER_DAY);
    const before = this.offsetAt(wall - MS_PER_DAY);
    return before === after || this.offsetAt(wall - after) === after ? after : before;
  }

  standardOffset(wall: number): number {
    return wall - MS_PER_DAY / 2 < FIRST_KNOWN ? this.offsetAt(wall - MS_PER_DAY) : Math.min(...this.#seasons(wall));
  }

  /** Offsets of January and July of a year after 1900. */
  #seasons(instant: number): [number, number] {
    const year = new Date(Math.min(instant, MAX_INSTANT)).getUTCFullYear();
    return [this.offsetAt(Date.UTC(year, 0, 1)), this.offsetAt(Date.UTC(year, 6, 1))];
  }

  #look(instant: number): Stretch {
    const found = instant < FIRST_KNOWN ? this.#beforeKnown() : this.#ask(instant);
    this.#known.push(found);
    return found;
  }

  #ask(instant: number): Stretch {
    const at = new Temporal.ZonedDateTime(BigInt(Math.min(instant, MAX_INSTANT)) * 1_000_000n, this.#id);
    // `previous` looks for a change before the instant, so ask from the next millisecond on.
    const from = at.add({ milliseconds: 1 }).getTimeZoneTransition("previous")?.epochMilliseconds ?? -Infinity;
    const to = at.getTimeZoneTransition("next")?.epochMilliseconds ?? Infinity;
    return { from: Math.max(from, FIRST_KNOWN), to, offset: at.offsetNanoseconds / 1e6 };
  }

  #beforeKnown(): Stretch {
    return { from: -Infinity, to: FIRST_KNOWN, offset: Math.min(...this.#seasons(Date.now())) };
  }
}
