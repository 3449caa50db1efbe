import assert from "node:assert/strict";
import fc from "fast-check";
import { LineFile } from "../../../../connectors/file/line_file.ts";

function write(content: string): string {
  const path = Deno.makeTempFileSync();
  Deno.writeTextFileSync(path, content);
  return path;
}

Deno.test("LineFile.read() gives complete lines with the position after each, whatever ends them", () => {
  const file = LineFile.open(write("one\ntwo\r\n\rž\nrest"), 0);
  assert.deepEqual(file.read(10), [
    { text: "one", end: 4 },
    { text: "two", end: 9 },
    { text: "", end: 10 },
    { text: "ž", end: 13 },
  ]);
  file.close();
});

Deno.test("LineFile.read() holds a line back until it ends, also one that ends in CR", () => {
  const path = write("a\r");
  const file = LineFile.open(path, 0);
  assert.deepEqual(file.read(10), []);
  Deno.writeTextFileSync(path, "\nb", { append: true });
  assert.deepEqual(file.read(10), [{ text: "a", end: 3 }]);
  Deno.writeTextFileSync(path, "\n", { append: true });
  assert.deepEqual(file.read(10), [{ text: "b", end: 5 }]);
  file.close();
});

Deno.test("LineFile.open() starts at the beginning when the file is shorter than the position, and counts it", () => {
  const file = LineFile.open(write("a\n"), 99);
  assert.equal(file.restarts, 1);
  assert.equal(file.read(1)[0]?.text, "a");
  file.close();
});

Deno.test("LineFile.read() starts at the beginning when the file is cut while it is followed", () => {
  const path = write("one\ntwo\nhalf");
  const file = LineFile.open(path, 0);
  assert.equal(file.read(10).length, 2);
  Deno.truncateSync(path, 0);
  assert.deepEqual(file.read(10), []);
  Deno.writeTextFileSync(path, "new\n", { append: true });
  assert.deepEqual(file.read(10), [{ text: "new", end: 4 }]);
  assert.equal(file.restarts, 1);
  file.close();
});

Deno.test("LineFile.read() takes a line of many chunks, and refuses one beyond the limit by file and position", () => {
  const long = "x".repeat(1_000_000);
  const path = write(`a\n${long}\n${long}${long}\n`);
  const file = LineFile.open(path, 0, 1_500_000);
  assert.deepEqual(file.read(2).map(({ text, end }) => [text.length, end]), [[1, 2], [1_000_000, 1_000_003]]);
  assert.throws(() => file.read(1), /line that begins at byte 1000003 of ".*": it is longer than 1500000 bytes/);
  file.close();
});

Deno.test("LineFile resumed at any line's end gives the lines that follow it (property)", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, "")), { minLength: 1 }), (texts) => {
      const path = write(texts.map((text) => text + "\n").join(""));
      const whole = LineFile.open(path, 0);
      const lines = whole.read(1000);
      whole.close();
      assert.deepEqual(lines.map((line) => line.text), texts);
      for (const [index, line] of lines.entries()) {
        const resumed = LineFile.open(path, line.end);
        assert.deepEqual(resumed.read(1000), lines.slice(index + 1));
        resumed.close();
      }
    }),
    { numRuns: 30 },
  );
});
