/** What the system catalog says of tables. The questions are those of pgjdbc 42.7 (DatabaseMetaData), as far as the answers go. */
import type { ColumnDefinition, TableDefinition } from "../dialect.ts";
import type { TableId } from "../table_id.ts";
import type { Link } from "./link.ts";
import { textLiteral } from "./literals.ts";

/** JDBC's word for a relation; those of system schemas are apart, and those of this session. */
const TYPE_OF = `CASE
    WHEN n.nspname ~ '^pg_temp_' THEN CASE c.relkind WHEN 'r' THEN 'TEMPORARY TABLE' WHEN 'v' THEN 'TEMPORARY VIEW' END
    WHEN n.nspname ~ '^pg_toast' THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TOAST TABLE' END
    WHEN n.nspname ~ '^pg_' OR n.nspname = 'information_schema' THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TABLE' WHEN 'v' THEN 'SYSTEM VIEW' END
    ELSE CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW'
      WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' END
  END`;

/** Tables in schemas that match a LIKE pattern, null = all; those of the given types, whose case does not count. By type, schema, name. */
export async function listTables(
  link: Link,
  schema: string | null,
  types: readonly string[],
): Promise<readonly { readonly id: TableId; readonly type: string }[]> {
  if (types.length === 0) return [];
  const wanted = types.map((type) => textLiteral(type.toUpperCase())).join(",");
  const inSchema = schema === null ? "" : `AND n.nspname LIKE ${textLiteral(schema)}`;
  const { rows } = await link.ask(`SELECT * FROM (
  SELECT n.nspname AS schema, c.relname AS name, ${TYPE_OF} AS type
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r','p','v','m','f') ${inSchema}) t
WHERE type IN (${wanted}) ORDER BY type, schema, name`);
  return rows.map(([schema, name, type]) => ({ id: { catalog: null, schema: schema ?? null, name: name ?? "" }, type: type ?? "" }));
}

/** Oid and names of a relation; null when there is none. Without a schema it is looked for along the search path. */
async function findRelation(
  link: Link,
  { schema, name }: TableId,
): Promise<{ oid: string; schema: string; name: string; type: string; hasChildren: boolean } | null> {
  // One schema of the path may hide the table of another: the first that has it counts.
  const place = schema === null
    ? "n.nspname = ANY (pg_catalog.current_schemas(true)) ORDER BY array_position(pg_catalog.current_schemas(true), n.nspname)"
    : `n.nspname = ${textLiteral(schema)}`;
  const { rows } = await link.ask(`SELECT c.oid, n.nspname, c.relname, ${TYPE_OF},
  c.relkind <> 'p' AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r','p','v','m','f') AND c.relname = ${textLiteral(name)} AND ${place} LIMIT 1`);
  const [oid, nspname, relname, type, hasChildren] = rows[0] ?? [];
  if (oid === undefined || oid === null) return null;
  return { oid, schema: nspname ?? "", name: relname ?? "", type: type ?? "TABLE", hasChildren: hasChildren === "t" };
}

/** A table with its columns and keys. */
export async function describeTable(link: Link, id: TableId, catalog: string): Promise<TableDefinition | null> {
  if (id.catalog !== null && id.catalog !== catalog) return null;
  const relation = await findRelation(link, id);
  if (relation === null) return null;
  const { rows: keys } = await link.ask(`SELECT i.indisprimary, array_to_json(ARRAY(
    SELECT a.attname FROM generate_series(0, i.indnkeyatts - 1) AS k JOIN pg_catalog.pg_attribute a
    ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] ORDER BY k))
FROM pg_catalog.pg_index i
WHERE i.indrelid = ${relation.oid} AND i.indisunique AND i.indisvalid AND i.indexprs IS NULL AND i.indpred IS NULL ORDER BY i.indexrelid`);
  const primary = namesOf(keys.find(([isPrimary]) => isPrimary === "t")?.[1]);
  return {
    id: { catalog, schema: relation.schema, name: relation.name },
    type: relation.type,
    hasChildren: relation.hasChildren,
    columns: await describeColumns(link, relation.oid, primary),
    uniqueKeys: keys.filter(([isPrimary]) => isPrimary !== "t").map(([, names]) => namesOf(names)),
  };
}

async function describeColumns(link: Link, oid: string, primary: readonly string[]): Promise<readonly ColumnDefinition[]> {
  // A domain may be over a domain: the type at the bottom counts.
  const { rows } = await link.ask(`WITH RECURSIVE base (column_type, type_oid) AS (
  SELECT DISTINCT a.atttypid, a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.column_type, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type_oid WHERE t.typtype = 'd')
SELECT a.attname, b.typname, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
  a.attidentity <> '' OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%', false),
  b.oid IN (25, 1043) AND coalesce((to_jsonb(c) ->> 'collisdeterministic')::bool, true)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN base ON base.column_type = a.atttypid
JOIN pg_catalog.pg_type b ON b.oid = base.type_oid AND b.typtype <> 'd'
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`);
  return rows.map(([name, typeName, isRequired, isAutoIncrement, comparesBytes]) => ({
    name: name ?? "",
    typeName: typeName ?? "",
    isNullable: isRequired !== "t",
    isAutoIncrement: isAutoIncrement === "t",
    keyPosition: primary.indexOf(name ?? "") + 1,
    // text and varchar, unless their collation says otherwise, as from PostgreSQL 12 on it may; bpchar, citext and uuid equate.
    comparesBytes: comparesBytes === "t",
  }));
}

/** Names the server gave as a JSON array. */
function namesOf(json: string | null | undefined): readonly string[] {
  const names: unknown = JSON.parse(json ?? "[]");
  return Array.isArray(names) ? names.map(String) : [];
}

/**
 * Age of the oldest open transaction of other sessions in this database, in ms; 0 = none. Of clients any counts, as it may write later, with
 * the time it began at; of the server's own workers (replication, scheduled jobs) those that have written. Null when one is open whose beginning the user may not see (without pg_read_all_stats all but its own).
 */
export async function oldestTransactionMs(link: Link): Promise<number | null> {
  const { rows } = await link.ask(`SELECT max(age), bool_or(hidden) FROM (
  SELECT extract(epoch FROM clock_timestamp() - a.xact_start) AS age, a.xact_start IS NULL AS hidden
  FROM pg_catalog.pg_stat_activity a
  WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
    AND (a.backend_type = 'client backend' OR a.backend_type IS NULL OR a.backend_type <> 'autovacuum worker' AND a.backend_xid IS NOT NULL)
    AND (a.xact_start IS NOT NULL OR a.state IS NULL AND EXISTS (
      SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock'))
  UNION ALL SELECT extract(epoch FROM clock_timestamp() - prepared), false FROM pg_catalog.pg_prepared_xacts
  WHERE database = current_database()) t`);
  const [age, isHidden] = rows[0] ?? [];
  if (isHidden === "t") return null;
  return age === null || age === undefined ? 0 : Math.max(0, Math.ceil(Number(age) * 1000));
}
