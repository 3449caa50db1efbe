import { field, oneOf } from "sdk";

/** The key every converter but SimpleHeaderConverter has; the worker fills it in. */
export const converterType = field.string({
  importance: "LOW",
  doc: "What the converter is used for: key, value or header. The worker sets it.",
  validate: oneOf("key", "value", "header"),
});

/** Release of Apache Kafka whose converters these follow. */
export const VERSION = "4.2.0";
