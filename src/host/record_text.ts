import { javaText } from "../data/java_text.ts";
import type { OffsetValue, SourceRecord } from "../data/record.ts";
import type { Schema } from "../data/schema.ts";

/** SourceRecord.toString of Kafka Connect 4. Holds the record's data: only for a log line whose user asked for it (`errors.log.include.messages`). */
export function recordText(record: SourceRecord): string {
  const headers = record.headers.map(({ name, schema, value }) =>
    `ConnectHeader(key=${name}, value=${javaText(schema, value)}, schema=${schemaText(schema)})`
  );
  return `SourceRecord{sourcePartition=${mapText(record.sourcePartition)}, sourceOffset=${mapText(record.sourceOffset)}} ` +
    `ConnectRecord{topic='${record.topic}', kafkaPartition=${record.partition}, ` +
    `key=${javaText(record.keySchema, record.key)}, keySchema=${schemaText(record.keySchema)}, ` +
    `value=${javaText(record.valueSchema, record.value)}, valueSchema=${schemaText(record.valueSchema)}, ` +
    `timestamp=${record.timestamp}, headers=ConnectHeaders(headers=${headers.length === 0 ? "" : `[${headers.join(", ")}]`})}`;
}

function mapText(map: Readonly<Record<string, OffsetValue>> | null): string {
  if (map === null) return "null";
  return `{${Object.entries(map).map(([key, value]) => `${key}=${value}`).join(", ")}}`;
}

function schemaText(schema: Schema | null): string {
  return schema === null ? "null" : schema.toString();
}
