import { MS_PER_DAY } from "sdk";
import type { Zone } from "./time_zone.ts";

/**
 * A wall clock (ms) before which none stands for this instant or a later one: where the clocks skip an hour two wall clocks stand for one
 * instant, and where they show an hour twice none does for the first. There it may be up to an hour early.
 */
export function earliestWall(instant: number, zone: Zone): number {
  const offset = zone.offsetAt(instant);
  const wall = instant + offset;
  const least = Math.min(zone.offsetAt(instant - MS_PER_DAY), offset, zone.offsetAt(instant + MS_PER_DAY));
  if (least === offset) return wall;
  const earlier = instant + least;
  const isAmbiguous = wall - zone.offsetAtWall(wall) !== instant || earlier - zone.offsetAtWall(earlier) >= instant;
  return isAmbiguous ? earlier : wall;
}
