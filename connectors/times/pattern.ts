import { ConnectError } from "sdk";

/** One part of a SimpleDateFormat pattern: text that must be there, or a field. */
export type PatternStep =
  | { readonly text: string }
  | {
    readonly letter: string;
    readonly count: number;
    /** Another number follows without text between them: exactly `count` characters are this field's. */
    readonly abuts: boolean;
  };

const LETTERS = "GyYMLwWDdFEuaHkKhmsSzZX";
/** Letters that are always numbers; M and L are up to count 2. */
const NUMERIC = "yYwWDdFuHkKhmsS";

/** Cuts a pattern into its parts; throws as java.text.SimpleDateFormat does for one it does not take. */
export function parsePattern(pattern: string): PatternStep[] {
  const steps: ({ text: string } | { letter: string; count: number })[] = [];
  const addText = (text: string) => {
    const last = steps.at(-1);
    if (last !== undefined && "text" in last) last.text += text;
    else steps.push({ text });
  };
  for (let i = 0; i < pattern.length;) {
    const c = pattern.charAt(i);
    if (c === "'") {
      i = quotedText(pattern, i, addText);
    } else if (/[A-Za-z]/.test(c)) {
      const start = i;
      while (pattern.charAt(i) === c) i++;
      steps.push({ letter: checkedLetter(c, i - start), count: i - start });
    } else {
      addText(c);
      i++;
    }
  }
  return steps.map((step, index) => "text" in step ? step : { ...step, abuts: isNumeric(steps[index + 1]) });
}

/** Text in quotes from `start` on, `''` being one quote anywhere; returns the place after it. */
function quotedText(pattern: string, start: number, addText: (text: string) => void): number {
  if (pattern.charAt(start + 1) === "'") {
    addText("'");
    return start + 2;
  }
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern.charAt(i) !== "'") {
      addText(pattern.charAt(i));
    } else if (pattern.charAt(i + 1) === "'") {
      addText("'");
      i++;
    } else {
      return i + 1;
    }
  }
  throw illegal("Unterminated quote");
}

function checkedLetter(letter: string, count: number): string {
  if (!LETTERS.includes(letter)) throw illegal(`Illegal pattern character '${letter}'`);
  if (letter === "X" && count > 3) throw illegal(`invalid ISO 8601 format: length=${count}`);
  return letter;
}

function isNumeric(step: { text: string } | { letter: string; count: number } | undefined): boolean {
  if (step === undefined || "text" in step) return false;
  return NUMERIC.includes(step.letter) || ("ML".includes(step.letter) && step.count <= 2);
}

function illegal(message: string): ConnectError {
  return new ConnectError(message, { javaClass: "java.lang.IllegalArgumentException" });
}
