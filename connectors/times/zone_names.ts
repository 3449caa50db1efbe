/**
 * Names of zones that the letters z and Z of a SimpleDateFormat pattern read: those of Java 17 for English that are in wide use,
 * in the order in which Java tries them. Each row: id, standard name, its short form, daylight name, its short form.
 */
const NAMES = `
America/Los_Angeles|Pacific Standard Time|PST|Pacific Daylight Time|PDT
America/Denver|Mountain Standard Time|MST|Mountain Daylight Time|MDT
America/Chicago|Central Standard Time|CST|Central Daylight Time|CDT
America/New_York|Eastern Standard Time|EST|Eastern Daylight Time|EDT
Pacific/Honolulu|Hawaii-Aleutian Standard Time|HST|Hawaii-Aleutian Daylight Time|HDT
America/Anchorage|Alaska Standard Time|AKST|Alaska Daylight Time|AKDT
America/Halifax|Atlantic Standard Time|AST|Atlantic Daylight Time|ADT
America/St_Johns|Newfoundland Standard Time|NST|Newfoundland Daylight Time|NDT
Europe/Paris|Central European Standard Time|CET|Central European Summer Time|CEST
GMT|Greenwich Mean Time|GMT||
Asia/Jerusalem|Israel Standard Time|IST|Israel Daylight Time|IDT
Asia/Tokyo|Japan Standard Time|JST|Japan Daylight Time|JDT
Europe/Bucharest|Eastern European Standard Time|EET|Eastern European Summer Time|EEST
Asia/Shanghai|China Standard Time||China Daylight Time|
UTC|Coordinated Universal Time|UTC||
Australia/Darwin|Australian Central Standard Time|ACST|Australian Central Daylight Time|ACDT
Australia/Sydney|Australian Eastern Standard Time|AEST|Australian Eastern Daylight Time|AEDT
America/Sao_Paulo|Brasilia Standard Time|BRT|Brasilia Summer Time|BRST
Asia/Dhaka|Bangladesh Standard Time|BDT|Bangladesh Summer Time|BDST
Africa/Harare|Central Africa Time|CAT|Central African Summer Time|CAST
Africa/Addis_Ababa|East Africa Time|EAT|Eastern African Summer Time|EAST
Pacific/Auckland|New Zealand Standard Time|NZST|New Zealand Daylight Time|NZDT
Asia/Karachi|Pakistan Standard Time|PKT|Pakistan Summer Time|PKST
Asia/Dubai|Gulf Standard Time|GST|Gulf Daylight Time|GDT
Asia/Seoul|Korean Standard Time|KST|Korean Daylight Time|KDT
Asia/Saigon|Indochina Time|ICT|Indochina Summer Time|ICST
Asia/Colombo|India Standard Time||India Daylight Time|
Asia/Jakarta|Western Indonesia Time|WIB|West Indonesia Summer Time|WIST
Africa/Lagos|West Africa Standard Time|WAT|West Africa Summer Time|WAST
`;

/** A name and what it says about the clocks. */
export interface ZoneName {
  readonly name: string;
  readonly zone: string;
  readonly daylight: boolean;
}

/** All names, in the order in which they are tried: Java takes the first the text begins with, not the longest. */
export const ZONE_NAMES: readonly ZoneName[] = NAMES.trim().split("\n").flatMap((row) => {
  const [zone = "", ...names] = row.split("|");
  return names.map((name, index) => ({ name, zone, daylight: index >= 2 })).filter(({ name }) => name !== "");
});
