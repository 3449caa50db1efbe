/** The values of Connect's data model. They are declared beside the schemas, since each names the other. */
export { Decimal, type SchemaAndValue, SizedNumber, Struct, type Value } from "./schema.ts";
