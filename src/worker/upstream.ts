/** Classes users know from Kafka Connect that this program lacks, and what to use in their place. Asked only for names no plugin answers to. */

interface Family {
  readonly prefix: string;
  /** Rest of the class names; `K/V` at the end stands for the two nested classes. */
  readonly names: readonly string[];
  readonly what: string;
  readonly instead: string;
}

const TRANSFORMS = "org.apache.kafka.connect.transforms.";
const WITHOUT_TRANSFORMS = `Leave its alias out of "transforms"`;

const FAMILIES: readonly Family[] = [
  {
    prefix: TRANSFORMS,
    names: ["Cast", "TimestampConverter"],
    what: "transformation",
    instead: `${WITHOUT_TRANSFORMS} and give the fields their types where they are read ("value.schema" of the SpoolDir connectors)`,
  },
  {
    prefix: TRANSFORMS,
    names: ["RegexRouter", "TimestampRouter"],
    what: "transformation",
    instead: `${WITHOUT_TRANSFORMS} and name the topic in the connector's own settings ("topic")`,
  },
  {
    prefix: TRANSFORMS,
    names: ["ValueToKey", "ExtractField", "HoistField"],
    what: "transformation",
    instead: `${WITHOUT_TRANSFORMS} and say what the key holds where it is read ("key.schema" of the SpoolDir connectors)`,
  },
  {
    prefix: TRANSFORMS,
    names: [
      "DropHeaders",
      "Filter",
      "Flatten",
      "HeaderFrom",
      "InsertField",
      "InsertHeader",
      "MaskField",
      "ReplaceField",
      "SetSchemaMetadata",
    ],
    what: "transformation",
    instead: `${WITHOUT_TRANSFORMS} and do this step where the records are consumed`,
  },
  {
    prefix: `${TRANSFORMS}predicates.`,
    names: ["HasHeaderKey", "RecordIsTombstone", "TopicNameMatches"],
    what: "predicate",
    instead: `Leave its alias out of "predicates": there are no transformations yet for it to guard`,
  },
  {
    prefix: "io.confluent.connect.",
    names: ["avro.AvroConverter", "protobuf.ProtobufConverter", "json.JsonSchemaConverter"],
    what: "converter that needs a schema registry",
    instead: "Use org.apache.kafka.connect.json.JsonConverter: with schemas.enable=true each record carries its schema",
  },
  {
    prefix: "com.github.jcustenborder.kafka.connect.spooldir.",
    names: [
      "SpoolDirAvroSourceConnector",
      "SpoolDirBinaryFileSourceConnector",
      "SpoolDirJsonSourceConnector",
      "SpoolDirLineDelimitedSourceConnector",
      "SpoolDirSchemaLessJsonSourceConnector",
      "elf.SpoolDirELFSourceConnector",
    ],
    what: "connector",
    instead: "For files of delimited text use com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
  },
  {
    prefix: "org.apache.kafka.connect.mirror.",
    names: ["MirrorSourceConnector", "MirrorCheckpointConnector", "MirrorHeartbeatConnector"],
    what: "connector",
    instead: "Run it on a Kafka Connect worker beside this one",
  },
];

/** Plugins of Kafka Connect that are neither connector nor converter nor transformation: `/config` refuses them by kind, not as unknown. */
const OTHERS = new Set([
  ...["File", "Directory", "EnvVar"].flatMap((name) => bothNames("org.apache.kafka.common.config.provider.", `${name}ConfigProvider`)),
  ...["All", "None", "Principal", "Allowlist"].flatMap((name) =>
    bothNames("org.apache.kafka.connect.connector.policy.", `${name}ConnectorClientConfigOverridePolicy`)
  ),
]);

function bothNames(prefix: string, name: string): readonly string[] {
  return [prefix + name, name];
}

/** Whether a name belongs to a config provider or an override policy of Kafka Connect. */
export function isOtherPlugin(name: string): boolean {
  return OTHERS.has(name);
}

/** A sentence about a class Kafka Connect has and this program lacks; undefined for names nobody knows. */
export function adviceFor(name: string): string | undefined {
  const family = FAMILIES.find((candidate) => candidate.names.some((known) => answersTo(candidate, known, name)));
  return family && `This ${family.what} is not part of this version of Sluice. ${family.instead}`;
}

/** By class, by nested class, by simple name, and by that without the ending. */
function answersTo(family: Family, known: string, name: string): boolean {
  const bare = name.replace(/\$(Key|Value)$/, "");
  const simple = known.slice(known.lastIndexOf(".") + 1);
  return bare === family.prefix + known || bare === simple || bare === simple.replace(/(Connector|Converter)$/, "");
}
