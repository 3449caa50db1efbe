import type { Validator } from "../field.ts";
import { invalidValue } from "../parse.ts";
import { RegexSyntaxError } from "./cursor.ts";
import { compileJavaRegex } from "./java_regex.ts";

/** A rule for keys that hold a Java regex; what is wrong is said in Java's form. */
export function validRegex(): Validator<string> {
  return (value, name) => {
    if (value === null) return [];
    try {
      compileJavaRegex(value);
      return [];
    } catch (error) {
      if (!(error instanceof RegexSyntaxError)) throw error;
      return [invalidValue(value, name, `Invalid regex: ${error.message}`)];
    }
  };
}
