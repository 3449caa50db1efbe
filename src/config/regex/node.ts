/** What a pattern is made of. `js` holds JavaScript source of one atom, to be used under the `v` flag. */
export type RegexNode =
  | { readonly kind: "js"; readonly source: string }
  | { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly options: readonly RegexNode[] }
  /** `opening` is what follows `(`: nothing for a capture, else `?:`, `?=`, `?!`, `?<=`, `?<!`, `?<name>`. */
  | { readonly kind: "group"; readonly opening: string; readonly body: RegexNode }
  | { readonly kind: "atomic"; readonly body: RegexNode }
  | {
    readonly kind: "repeat";
    readonly body: RegexNode;
    readonly bounds: string;
    readonly mode: "greedy" | "lazy" | "possessive";
  }
  | { readonly kind: "reference"; readonly group: number | string; readonly ignoreCase: boolean };

/** A node of JavaScript source. */
export function js(source: string): RegexNode {
  return { kind: "js", source };
}
