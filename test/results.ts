/** Adds up what several runs of `deno test` said. */

/** A test that was not run, with the reason its name gives. */
export interface Skipped {
  readonly file: string;
  readonly name: string;
}

/** One or more runs together. */
export interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skipped[];
}

/**
 * Reads one run: the counts of its last line, the names of its ignored tests from its JUnit report. A run without a last line, or
 * one that failed without a failed test, counts as one failure: nothing that went wrong may look like success.
 */
export function readRun(output: string, junit: string, success: boolean): Results {
  const skipped = [...junit.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped\/>/g)]
    .map(([, name, file]) => ({ name: unescaped(name as string), file: unescaped(file as string).replace(/^\.\//, "") }));
  const lines = output.split("\n").filter((line) => /^(?:ok|FAILED) \| \d+ passed/.test(line));
  const last = lines.at(-1);
  if (last === undefined) return { passed: 0, failed: success ? 0 : 1, skipped };
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(last)?.[1] ?? 0);
  const failed = count("failed");
  return { passed: count("passed"), failed: success || failed > 0 ? failed : 1, skipped };
}

/** All runs as one. */
export function sum(runs: readonly Results[]): Results {
  return {
    passed: runs.reduce((all, run) => all + run.passed, 0),
    failed: runs.reduce((all, run) => all + run.failed, 0),
    skipped: runs.flatMap((run) => run.skipped),
  };
}

/** The skipped tests by name, then the line everybody looks for, which is the last. */
export function report(results: Results): string {
  const names = results.skipped.map(({ file, name }) => `skipped: ${file}: ${name}\n`).join("");
  return `${names}${results.passed} passed, ${results.failed} failed, ${results.skipped.length} skipped\n`;
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}
