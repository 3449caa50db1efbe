/** Levels of loggers by name, as `/admin/loggers` shows and changes them. */

/** Log4j's levels, from silent to everything. */
export const LEVELS = ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"] as const;
export type Level = typeof LEVELS[number];

/** A logger's level in force, and when it was last changed over REST (epoch milliseconds). */
export interface LoggerLevel {
  readonly name: string;
  readonly level: Level;
  readonly lastModified: number | null;
}

/** What the routes need. */
export interface LevelsPort {
  /** Every known logger, `root` among them. */
  all(): readonly LoggerLevel[];
  /** undefined: no logger of that name is known. */
  find(name: string): LoggerLevel | undefined;
  /** Sets a logger and all known ones whose name begins with its name; `root` means all. Returns the names whose level changed, sorted. */
  set(name: string, level: Level): readonly string[];
}

/** Where changed levels go: this process's log, and those of its children. */
export type ApplyLevel = (logger: string, level: Level) => void;

const ROOT = "root";

/** Levels held in memory: gone with the process, as in Kafka Connect. */
export class LoggerLevels implements LevelsPort {
  readonly #levels = new Map<string, LoggerLevel>();
  readonly #now: () => number;
  readonly #apply: ApplyLevel;

  /** `names` are the loggers this program has; all begin with `level`. */
  constructor(names: readonly string[], level: Level, now: () => number, apply: ApplyLevel) {
    for (const name of [ROOT, ...names]) this.#levels.set(name, { name, level, lastModified: null });
    this.#now = now;
    this.#apply = apply;
  }

  all(): readonly LoggerLevel[] {
    return [...this.#levels.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  find(name: string): LoggerLevel | undefined {
    return this.#levels.get(canonical(name));
  }

  set(name: string, level: Level): readonly string[] {
    const wanted = canonical(name);
    if (!this.#levels.has(wanted)) this.#levels.set(wanted, this.#inherited(wanted));
    const concerned = this.all().filter((logger) => wanted === ROOT || logger.name.startsWith(wanted));
    const changed = concerned.filter((logger) => logger.level !== level);
    for (const logger of changed) this.#levels.set(logger.name, { name: logger.name, level, lastModified: this.#now() });
    if (changed.length > 0) this.#apply(wanted, level);
    return changed.map((logger) => logger.name);
  }

  /** A new logger has the level of the nearest one above it. */
  #inherited(name: string): LoggerLevel {
    const dot = name.lastIndexOf(".");
    const above = this.#levels.get(dot < 0 ? ROOT : name.slice(0, dot));
    if (above === undefined) return { ...this.#inherited(name.slice(0, dot)), name };
    return { name, level: above.level, lastModified: null };
  }
}

/** The root logger answers to its name in any letter case. */
function canonical(name: string): string {
  return name.toLowerCase() === ROOT ? ROOT : name;
}
