/** Where we answer otherwise than Kafka Connect on purpose. A line that no longer applies fails the replay. */

/** One place, and why it differs. */
export interface Deliberate {
  /** The case, AREA/NAME. */
  readonly case: string;
  /** As `Difference.where` says it. */
  readonly where: string;
  readonly reason: string;
}

const TRANSFORMATIONS = "transformations come in a later version";

/** All of them. */
export const DELIBERATE: readonly Deliberate[] = [
  {
    case: "rest/methods-and-types",
    where: "step 19 GET //connectors header content-type",
    reason: "an error is JSON, never a server's HTML page",
  },
  { case: "rest/methods-and-types", where: "step 19 GET //connectors body", reason: "an error is JSON, never a server's HTML page" },
  { case: "rest/create-invalid", where: "step 35 POST /connectors", reason: TRANSFORMATIONS },
  { case: "rest/create-invalid", where: "step 36 GET /connectors/zp/status", reason: TRANSFORMATIONS },
];

/** Cases that need what a later version brings, with what that is. */
export const LATER: Readonly<Record<string, string>> = {
  "errors/dlq-transform": TRANSFORMATIONS,
  "validate/predicates": TRANSFORMATIONS,
  "validate/smt-insertheader-h-1": TRANSFORMATIONS,
  "validate/smt-replacefield-value-a": TRANSFORMATIONS,
};
