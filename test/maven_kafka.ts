/** Fetches Apache Kafka through Maven, once per machine, into the user's cache folder. */

/** The release tests run against, and the one whose behaviour is followed. */
export const KAFKA_VERSION = "4.2.0";
/** What Kafka's own release puts beside it for logging. */
const LOG4J_VERSION = "2.25.5";
const JAVA_NEEDED = 17;
const FETCH_MS = 600_000;

/** Where the jars are, or why there are none. */
export type KafkaJars = { readonly folder: string } | { readonly missing: string };

/** Finds or fetches the jars. Never throws for a machine that lacks Java, Maven or a network: it says what is missing. */
export async function kafkaJars(say: (line: string) => void): Promise<KafkaJars> {
  const java = await javaVersion();
  if (java === undefined) return { missing: "no Java on this machine" };
  if (java < JAVA_NEEDED) return { missing: `Java ${java} is too old for Apache Kafka ${KAFKA_VERSION}, which needs ${JAVA_NEEDED}` };
  const folder = `${cacheFolder()}/kafka-${KAFKA_VERSION}`;
  if (await isFile(`${folder}/complete`)) return { folder };
  if (await outputOf("mvn", ["-v"]) === undefined) return { missing: "no Maven on this machine" };
  say(`Fetching Apache Kafka ${KAFKA_VERSION} through Maven into ${folder} (about 45 MB, once)`);
  return await fetchInto(folder);
}

/** Fetches beside the final place and renames, so that two runs at once and an interrupted one leave nothing half done. */
async function fetchInto(folder: string): Promise<KafkaJars> {
  await Deno.mkdir(cacheFolder(), { recursive: true });
  const fresh = await Deno.makeTempDir({ dir: cacheFolder(), prefix: "fetching-" });
  try {
    await Deno.writeTextFile(`${fresh}/pom.xml`, pom());
    const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
    const args = ["-q", "-B", "-f", `${fresh}/pom.xml`, goal, "-DincludeScope=runtime", `-DoutputDirectory=${fresh}/libs`];
    const signal = AbortSignal.timeout(FETCH_MS);
    const result = await new Deno.Command("mvn", { args, stdin: "null", stdout: "piped", stderr: "piped", signal }).output();
    if (!result.success) return { missing: `Maven could not fetch Apache Kafka: ${firstError(new TextDecoder().decode(result.stdout))}` };
    await Deno.writeTextFile(`${fresh}/complete`, KAFKA_VERSION);
    await Deno.rename(fresh, folder).catch(async (error) => {
      if (!await isFile(`${folder}/complete`)) throw error;
    });
    return { folder };
  } finally {
    await Deno.remove(fresh, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

function pom(): string {
  const one = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  const dependencies = [
    one("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ...["log4j-slf4j-impl", "log4j-core", "log4j-api"].map((artifact) => one("org.apache.logging.log4j", artifact, LOG4J_VERSION)),
  ];
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>sluice.test</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join("\n")}</dependencies></project>
`;
}

/** Major version of the Java on the path. */
async function javaVersion(): Promise<number | undefined> {
  const text = await outputOf("java", ["-version"]);
  const version = /version "(\d+)/.exec(text ?? "")?.[1];
  return version === undefined ? undefined : Number(version);
}

function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? Deno.makeTempDirSync({ prefix: "sluice-home-" });
  return `${Deno.env.get("XDG_CACHE_HOME") || `${home}/.cache`}/sluice`;
}

/** What a command printed on both streams, undefined when there is no such command or it failed. */
async function outputOf(command: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "piped" }).output();
    const text = new TextDecoder();
    return success ? text.decode(stdout) + text.decode(stderr) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function firstError(output: string): string {
  return output.split("\n").find((line) => line.includes("ERROR"))?.replace(/^\S*ERROR\S*\s*/, "").slice(0, 300) ?? "it said nothing";
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
