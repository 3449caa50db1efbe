/** One customer of the demo's sample file, cell by cell in the order of `CUSTOMER_COLUMNS`. */
export type Customer = readonly string[];

/** Columns of the tutorial's customers. */
export const CUSTOMER_COLUMNS = [
  "id",
  "first_name",
  "last_name",
  "email",
  "gender",
  "ip_address",
  "last_login",
  "account_balance",
  "country",
  "favorite_color",
] as const;

const FIRST = [
  "Ana",
  "Björn",
  "Chloë",
  "Đorđe",
  "Eilidh",
  "Fatima",
  "Grażyna",
  "Hiroshi",
  "İpek",
  "Jürgen",
  "Kwame",
  "Łukasz",
  "Mina",
  "Zoë",
];
const LAST = ["O'Shea", 'van "Dutch" Berg', "García", "Lee, J.", "Müller", "Ñandú", "Østergård", "Petrović", "Sato", "김", "Ünal", "Варга"];
const COUNTRIES = ["DE", "FR", "GH", "IE", "JP", "KR", "NO", "PK", "PL", "RS", "TR", ""];

/**
 * The demo's customers: the same for the same count, with quotes, commas, empty cells and text beyond ASCII among them, so
 * that what arrives proves more than plain rows would.
 */
export function customers(count: number): readonly Customer[] {
  return Array.from({ length: count }, (_, index) => customer(index));
}

function customer(index: number): Customer {
  const first = pick(FIRST, index * 9);
  const last = pick(LAST, index * 5 + 3);
  const empty = index % 11 === 10;
  const day = new Date(Date.UTC(2015, 0, 1) + index * 7_919_000).toISOString().slice(0, 19);
  return [
    String(1000 + index),
    first,
    last,
    empty ? "" : `customer${index}@example.org`,
    empty ? "" : pick(["Female", "Male", "Non-binary"], index),
    `10.${index % 250}.${(index * 3) % 250}.${(index * 7) % 250}`,
    empty ? "" : `${day}Z`,
    `${(index * 37) % 20000}.${String(index % 100).padStart(2, "0")}`,
    pick(COUNTRIES, index * 5),
    empty ? "" : `#${((index * 2654435761) % 0x1000000).toString(16).padStart(6, "0")}`,
  ];
}

function pick(list: readonly string[], index: number): string {
  return list[index % list.length] ?? "";
}

/** The rows as a CSV file with a header; cells are quoted where they must be. */
export function customersCsv(rows: readonly Customer[]): string {
  return [CUSTOMER_COLUMNS, ...rows].map((row) => row.map(cell).join(",") + "\n").join("");
}

function cell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
