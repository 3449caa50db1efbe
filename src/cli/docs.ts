import type { ConnectorDefinition, Field } from "../sdk/mod.ts";
import { renderValue } from "../config/render.ts";

/** A generated file: path from the checkout's root, and what it must hold. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** READMEs of all connectors in the registry. `deno task docs` writes them, a test compares them. */
export function generatedDocs(connectors: readonly ConnectorDefinition[]): readonly GeneratedFile[] {
  const folders = new Map<string, string[]>();
  for (const connector of connectors) {
    if (connector.docs === undefined) continue;
    folders.set(connector.docs.folder, [...folders.get(connector.docs.folder) ?? [], connectorPage(connector, connector.docs)]);
  }
  return [...folders].map(([folder, pages]) => ({ path: `connectors/${folder}/README.md`, text: pages.join("\n") }));
}

function connectorPage(connector: ConnectorDefinition, docs: NonNullable<ConnectorDefinition["docs"]>): string {
  const simple = connector.class.slice(connector.class.lastIndexOf(".") + 1);
  const example = { name: "example", config: { "connector.class": connector.class, ...docs.example } };
  return `# ${simple}

${connector.summary}

Class \`${connector.class}\` (short: \`${simple.replace(/Connector$/, "")}\`), follows upstream release ${connector.version}.

\`\`\`sh
curl -s -X POST http://127.0.0.1:8083/connectors -H 'Content-Type: application/json' -d '${JSON.stringify(example, null, 2)}'
\`\`\`

## Settings

| key | type | default | meaning |
| --- | --- | --- | --- |
${Object.entries<Field<unknown>>(connector.config).map(([name, field]) => row(name, field)).join("\n")}

${docs.notes.trim()}
`;
}

function row(name: string, field: Field<unknown>): string {
  const shown = field.default === undefined
    ? "*required*"
    : field.default === null
    ? "none"
    : code(renderValue(field.type, field.default) ?? "");
  return `| \`${name}\` | ${field.type.toLowerCase()} | ${shown} | ${field.doc.replaceAll("|", "\\|")} |`;
}

function code(text: string): string {
  return text === "" ? "empty" : `\`${text.replaceAll("|", "\\|")}\``;
}
