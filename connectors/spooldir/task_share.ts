/** How files are shared among the tasks of a connector (task.partitioner=ByName). */

const MODULUS = 65521;

/** Adler-32 over the name as UTF-16, low byte first, as a signed 32-bit number. */
export function nameHash(name: string): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    a = (a + (code & 0xff)) % MODULUS;
    b = (b + a) % MODULUS;
    a = (a + (code >> 8)) % MODULUS;
    b = (b + a) % MODULUS;
  }
  return (b << 16) | a;
}

/** Whether the task takes files of this name. The directory does not count. */
export function isShareOf(name: string, task: number, tasks: number): boolean {
  return tasks <= 1 || Math.abs(nameHash(name)) % tasks === task;
}
