import type { SpoolFile } from "./spool_file.ts";

/** What to sort by, and which way. */
export type SortAttribute = "NameAsc" | "NameDesc" | "LengthAsc" | "LengthDesc" | "LastModifiedAsc" | "LastModifiedDesc";

type Order = (a: SpoolFile, b: SpoolFile) => number;

const ORDERS: Readonly<Record<SortAttribute, Order>> = {
  NameAsc: byName,
  NameDesc: (a, b) => byName(b, a),
  LengthAsc: (a, b) => a.length - b.length,
  LengthDesc: (a, b) => b.length - a.length,
  LastModifiedAsc: (a, b) => a.lastModified - b.lastModified,
  LastModifiedDesc: (a, b) => b.lastModified - a.lastModified,
};

/** The files in the order of the attributes, later ones breaking ties; files that are equal in all keep their order. */
export function inOrder(files: readonly SpoolFile[], attributes: readonly SortAttribute[]): SpoolFile[] {
  const orders = attributes.map((attribute) => ORDERS[attribute]);
  return files.toSorted((a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** By UTF-16 code units (String.compareTo). */
function byName(a: SpoolFile, b: SpoolFile): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
