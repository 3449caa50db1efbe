/**
 * Random sequences of calls, failures and time. Whatever happens: no two generations of a task live at once, statuses move along
 * the table and fit what is stored, offsets never go back to an older generation's, every call is answered, and once the
 * surroundings are well again everything comes to the state that is wanted.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { WorkerError } from "../../../src/worker/api.ts";
import type { OffsetStore } from "../../../src/worker/ports.ts";
import { settle } from "../../fakes/clock.ts";
import { config, inWorld, TABLES, type World } from "./world.ts";

const NAMES = ["a", "b"] as const;

type Step =
  | { readonly act: "create" | "put"; readonly name: string; readonly tasks: number; readonly own: boolean; readonly salt: number }
  | { readonly act: "pause" | "resume" | "stop" | "remove" | "reset"; readonly name: string }
  | { readonly act: "restart"; readonly name: string; readonly includeTasks: boolean; readonly onlyFailed: boolean }
  | { readonly act: "restartTask"; readonly name: string; readonly task: number }
  | { readonly act: "fail" | "report"; readonly name: string; readonly task: number }
  | { readonly act: "late"; readonly host: number; readonly which: number }
  | { readonly act: "die" | "hang"; readonly host: number; readonly role: "tasks" | "service" }
  | { readonly act: "service"; readonly mood: "well" | "refuses" | "silent" }
  | { readonly act: "tasks"; readonly starts: boolean; readonly stops: boolean }
  | { readonly act: "store"; readonly broken: boolean }
  | { readonly act: "tables"; readonly shift: number }
  | { readonly act: "wait"; readonly ms: number }
  | { readonly act: "crash" };

const ROLES = ["tasks", "tasks", "service"] as const;
const MOODS = ["well", "well", "refuses", "silent"] as const;
const name = fc.constantFrom(...NAMES);
const task = fc.nat({ max: 2 });
const tasks = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom("create" as const, "put" as const), name, tasks, own: fc.boolean(), salt: fc.nat(3) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constantFrom("pause" as const, "resume" as const, "resume" as const, "stop" as const), name }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom("remove" as const, "reset" as const), name }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("restart" as const), name, includeTasks: fc.boolean(), onlyFailed: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("restartTask" as const), name, task }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constantFrom("fail" as const, "report" as const, "report" as const), name, task }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("late" as const), host: fc.nat(3), which: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom("die" as const, "hang" as const), host: fc.nat(3), role: fc.constantFrom(...ROLES) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("service" as const), mood: fc.constantFrom(...MOODS) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("tasks" as const), starts: fc.boolean(), stops: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("store" as const), broken: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("tables" as const), shift: fc.nat(2) }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constant("wait" as const), ms: fc.constantFrom(50, 150, 2_500, 9_000, 25_000) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("crash" as const) }) },
);

/** Drives one world and keeps what must be true of it. */
class Walk {
  readonly #world: World;
  readonly #isBroken: (broken: boolean) => void;
  readonly #well: World["spawner"]["serve"];
  readonly #pending = new Set<Promise<void>>();
  /** Last offset reported, by connector and task, unless something may rightly have taken it away since. */
  readonly #reported = new Map<string, string>();
  /** Newest position seen in the store: positions only grow, whichever generation of a task reports them. */
  readonly #stored = new Map<string, number>();
  #positions = 0;
  /** What the connectors find when they are split: with another number some of their tasks get another config. */
  #shift = 0;

  constructor(world: World, isBroken: (broken: boolean) => void) {
    this.#world = world;
    this.#isBroken = isBroken;
    const { serve } = world.spawner;
    this.#well = world.spawner.serve = (request) => request.what === "split" ? { ok: this.#split(request.maxTasks) } : serve(request);
  }

  #split(tasks: number) {
    return Array.from({ length: tasks }, (_, task) => ({ tables: this.#tables(task) }));
  }

  #tables(task: number): string {
    return task === this.#shift ? "more" : "usual";
  }

  async take(step: Step): Promise<void> {
    await this.#do(step);
    await settle();
    this.#check();
  }

  /** The surroundings are well again; then there is time enough for everything to come to rest. */
  async heal(): Promise<void> {
    await this.#do({ act: "store", broken: false });
    await this.#do({ act: "service", mood: "well" });
    await this.#do({ act: "tasks", starts: true, stops: true });
    for (const child of this.#world.spawner.children) {
      // What a host was told while its tasks took their time is done now.
      for (const held of [...child.tasks]) if (!child.isDead && !child.isHung) this.#catchUp(child, held);
    }
    for (let round = 0; round < 6; round++) await this.#world.clock.advance(30_000);
    this.#check();
    await Promise.all(this.#pending);
    assert.equal(this.#pending.size, 0, "a call was never answered");
    for (const connector of this.#world.configs.all()) {
      this.#checkAtRest(connector.name, connector.target, Number(connector.config["tasks.max"]));
    }
  }

  async #do(step: Step): Promise<void> {
    const { api, spawner, clock } = this.#world;
    switch (step.act) {
      case "create":
      case "put": {
        const sent = config(step.name, {
          "connector.class": TABLES,
          "every": step.salt === 3 ? "0" : "10000",
          "tasks.max": String(step.tasks),
          "sluice.task.own.host": String(step.own),
          salt: String(step.salt),
        });
        return this.#call(step.act === "create" ? api.create(step.name, sent, "STARTED") : api.put(step.name, sent));
      }
      case "pause":
      case "resume":
      case "stop":
      case "remove":
        return this.#call(api[step.act](step.name));
      case "reset":
        return this.#call(api.resetOffsets(step.name).then(() => this.#forget(step.name)));
      case "restart":
        return this.#call(api.restart(step.name, step));
      case "restartTask":
        return this.#call(api.restartTask(step.name, step.task));
      case "fail":
      case "report":
        return this.#act(step);
      case "late":
        return this.#speakLate(step.host, step.which);
      case "die":
      case "hang": {
        const living = spawner.living(step.role);
        const child = living[step.host % Math.max(1, living.length)];
        if (step.act === "die") child?.die(139, "SIGSEGV");
        else if (child !== undefined) child.isHung = true;
        return;
      }
      case "service":
        spawner.serve = step.mood === "well" ? this.#well : () => step.mood === "silent" ? "never" : { error: "refused" };
        return;
      case "tasks":
        spawner.startsAtOnce = step.starts;
        spawner.stopsAtOnce = step.stops;
        return;
      case "store":
        return this.#isBroken(step.broken);
      case "tables":
        this.#shift = step.shift;
        return;
      case "wait":
        return await clock.advance(step.ms);
      case "crash":
        return await this.#crash();
    }
  }

  /** Calls are not waited for: what they wait for may only come later. A refusal is an answer. */
  #call(call: Promise<unknown>): void {
    const answered: Promise<void> = call.then(() => {}, (error) => {
      if (!(error instanceof WorkerError)) throw error;
    }).finally(() => this.#pending.delete(answered));
    this.#pending.add(answered);
  }

  #act(step: { readonly act: "fail" | "report"; readonly name: string; readonly task: number }): void {
    const host = this.#world.spawner.living("tasks").find((child) => !child.isHung && child.held(step.name, step.task) !== undefined);
    const held = host?.held(step.name, step.task);
    if (host === undefined || held === undefined) return;
    if (step.act === "fail") return host.fail(held);
    const offset = `{"n":${++this.#positions}}`;
    this.#reported.set(`${step.name}/${step.task}`, offset);
    host.say({ is: "offsets", task: held.ref, entries: [[`{"task":${step.task}}`, offset]] });
  }

  /** A host speaks of a start that is over, as if the message had been under way for long. */
  #speakLate(index: number, which: number): void {
    const living = this.#world.spawner.living("tasks");
    const host = living[index % Math.max(1, living.length)];
    const over = host?.told.flatMap((message) =>
      message.do === "start" && !host.tasks.some(({ ref }) => ref.generation === message.task.generation) ? [message.task] : []
    );
    const ref = over?.[which % over.length];
    if (host === undefined || ref === undefined) return;
    host.say({ is: "offsets", task: ref, entries: [[`{"task":${ref.task}}`, '{"n":-1}']] });
    host.say({ is: "state", task: ref, state: "PAUSED" });
    host.say({ is: "ended", task: ref, clean: true });
  }

  async #crash(): Promise<void> {
    // A process that is killed answers no calls.
    this.#pending.clear();
    this.#isBroken(false);
    this.#reported.clear();
    const { serve, startsAtOnce, stopsAtOnce } = this.#world.spawner;
    assert.deepEqual(this.#world.spawner.violations, []);
    await this.#world.crash();
    Object.assign(this.#world.spawner, { serve, startsAtOnce, stopsAtOnce });
  }

  #forget(connector: string): void {
    for (const key of this.#reported.keys()) if (key.startsWith(`${connector}/`)) this.#reported.delete(key);
    for (const key of this.#stored.keys()) if (key.startsWith(`${connector}/`)) this.#stored.delete(key);
  }

  #catchUp(child: World["spawner"]["children"][number], held: World["spawner"]["children"][number]["tasks"][number]): void {
    const isToStop = child.told.some((message) => message.do === "stop" && message.task.generation === held.ref.generation);
    if (isToStop) child.finish(held);
    else child.run(held);
  }

  #check(): void {
    const { spawner, errors, api, configs } = this.#world;
    assert.deepEqual(spawner.violations, []);
    assert.deepEqual(errors.filter((line) => /Cannot handle|Cannot show|Stopped unexpectedly/.test(line)), []);
    assert.deepEqual([...api.connectors()].sort(), configs.all().map(({ name }) => name).sort());
    for (const connector of api.connectors()) {
      const status = api.findStatus(connector);
      const ids = api.info(connector).tasks;
      for (const shown of status?.tasks ?? []) assert.ok(ids.includes(shown.id), `${connector}-${shown.id} is shown, but is no task`);
      for (const shown of [status?.connector, ...status?.tasks ?? []]) if (shown?.state === "FAILED") assert.ok(shown.trace);
      assert.equal(configs.taskConfigs(connector).length, ids.length);
    }
    this.#checkOffsets();
  }

  /** What is stored never goes back, as it would if an older generation's word came after a newer one's. */
  #checkOffsets(): void {
    for (const key of this.#reported.keys()) {
      const stored = this.#storedOffset(key);
      if (stored === undefined) continue;
      const { n } = JSON.parse(stored);
      assert.ok(n >= (this.#stored.get(key) ?? 0), `${key} went back to ${stored}`);
      this.#stored.set(key, n);
    }
  }

  #storedOffset(key: string): string | undefined {
    const [connector = "", id = ""] = key.split("/");
    return this.#world.offsets.read(connector, `{"task":${id}}`);
  }

  #checkAtRest(connector: string, target: string, tasks: number): void {
    const shown = this.#world.shown(connector).split(" ");
    const [state = "", ...taskStates] = shown;
    const wanted = target === "STARTED" ? "RUNNING" : target;
    assert.ok(state === wanted || (state === "FAILED" && target !== "STOPPED"), `${connector} is ${shown}, wanted ${target}`);
    if (state === "FAILED") return;
    if (target === "STOPPED") return assert.deepEqual(taskStates, []);
    if (target === "STARTED") assert.equal(taskStates.length, tasks);
    const isSplitAnew = target === "STARTED" && this.#world.api.info(connector).config["every"] !== "0";
    for (const [task, taskState] of taskStates.entries()) {
      const stored = this.#world.configs.taskConfigs(connector)[task];
      if (isSplitAnew) assert.equal(stored?.["tables"], this.#tables(task), "what was split last");
      for (const child of this.#world.spawner.living("tasks")) {
        const held = child.held(connector, task);
        if (held !== undefined) assert.deepEqual(held.spec.config, stored, "a task runs what is stored");
      }
      assert.ok(taskState === wanted || taskState === "FAILED", `${connector} is ${shown}, wanted ${target}`);
      assert.equal(this.#world.spawner.generations(connector, task).length, taskState === "FAILED" ? 0 : 1);
    }
  }
}

/** A store whose offsets cannot be written for a while. */
function fragile(): { readonly breakIt: (broken: boolean) => void; readonly wrap: (store: OffsetStore) => OffsetStore } {
  let isBroken = false;
  return {
    breakIt: (broken) => isBroken = broken,
    wrap: (store) => ({
      read: (connector, partition) => store.read(connector, partition),
      all: (connector) => store.all(connector),
      clear: (connector) => store.clear(connector),
      write: (changes, durable) => {
        if (isBroken) throw new Error("The disk is full");
        store.write(changes, durable);
      },
    }),
  };
}

Deno.test("Worker keeps its promises through whatever calls, failures and pauses come", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
      const store = fragile();
      await inWorld(async (world) => {
        const walk = new Walk(world, store.breakIt);
        for (const name of NAMES) await walk.take({ act: "create", name, tasks: 2, own: false, salt: 0 });
        for (const each of steps) await walk.take(each);
        await walk.heal();
      }, { replace: ({ offsets }) => ({ offsets: store.wrap(offsets) }) });
    }),
    { numRuns: Number(Deno.env.get("SLUICE_TEST_RUNS") ?? 60), endOnFailure: false },
  );
});
