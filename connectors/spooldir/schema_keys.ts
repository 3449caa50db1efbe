import { field } from "sdk";

const SCHEMA = "Schema";
const GENERATION = "Schema Generation";
const TIMESTAMPS = "Timestamps";

/** Keys of the formats whose records have a schema given by the user or generated, in the order the reference lists them. */
export const schemaKeys = {
  "key.schema": field.string({
    default: "",
    importance: "HIGH",
    group: SCHEMA,
    width: "LONG",
    doc: "Schema of the key as JSON, a STRUCT; its fields are taken from the row.",
  }),
  "value.schema": field.string({
    default: "",
    importance: "HIGH",
    group: SCHEMA,
    width: "LONG",
    doc:
      'Schema of the value as JSON, a STRUCT: {"name":"com.example.V","type":"STRUCT","isOptional":false,"fieldSchemas":{"id":{"type":"INT64","isOptional":false}}}.',
  }),
  "schema.generation.enabled": field.boolean({
    default: false,
    importance: "MEDIUM",
    group: GENERATION,
    doc:
      "Whether the schemas are made from sample files when key.schema and value.schema are not both given. Every field becomes an optional STRING.",
  }),
  "schema.generation.key.fields": field.list({
    default: [],
    importance: "MEDIUM",
    group: GENERATION,
    doc: "Fields of the generated value that make up the generated key.",
    visible: generates,
  }),
  "schema.generation.key.name": field.string({
    default: "com.github.jcustenborder.kafka.connect.model.Key",
    importance: "MEDIUM",
    group: GENERATION,
    doc: "Name of the generated key schema.",
    visible: generates,
  }),
  "schema.generation.value.name": field.string({
    default: "com.github.jcustenborder.kafka.connect.model.Value",
    importance: "MEDIUM",
    group: GENERATION,
    doc: "Name of the generated value schema.",
    visible: generates,
  }),
  "parser.timestamp.timezone": field.string({
    default: "UTC",
    importance: "LOW",
    group: TIMESTAMPS,
    doc: "Time zone in which dates and times without one are read.",
  }),
  "parser.timestamp.date.formats": field.list({
    default: ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd' 'HH:mm:ss"],
    importance: "LOW",
    group: TIMESTAMPS,
    doc:
      "Patterns of Java's SimpleDateFormat, tried in order for Date, Time and Timestamp fields alike. The number of letters counts where digits adjoin: " +
      "yyyyMMddHHmmss.SSS reads 20180530143000.167. What follows a match is ignored, a fraction or zone too. No pattern can hold a comma. " +
      "The word ISO in place of a pattern reads ISO 8601 dates and times whole, with fraction and zone.",
  }),
  "timestamp.field": field.string({
    default: "",
    importance: "MEDIUM",
    group: TIMESTAMPS,
    doc: "Field of the value that holds the record's timestamp, a required Timestamp; used with timestamp.mode=FIELD.",
    visible: (values) => values["timestamp.mode"] === "FIELD",
  }),
};

/** Keys of our own that concern schemas. */
export const ownSchemaKeys = {
  "sluice.schema.generation.union": field.boolean({
    default: false,
    importance: "LOW",
    group: GENERATION,
    doc: "Whether sample files with different columns give a schema with the columns of all, in order of appearance, instead of an error.",
  }),
};

function generates(values: Readonly<Record<string, unknown>>): boolean {
  return values["schema.generation.enabled"] === true;
}
