/**
 * Puts the simulated world in the place of the machine: what the gateway imports from Node and from
 * its database package is resolved to the files of this folder, and the clocks and timers of the
 * language are the world's while there is one. The product's sources stay as they are, apart from
 * some bounds that are made small and a planted bug, changes of a source's text while it is loaded.
 *
 * Called before anything of the product is imported.
 */
import { registerHooks } from "node:module";
import { worldNow } from "../world/world.ts";
import { SMALL_LIMITS } from "./small-limits.ts";

/** A bug in the product, put there on purpose. */
export interface Plant {
  /** Path of the source from the root of the repository. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

const HTTP_DOOR = new URL("./http.ts", import.meta.url).href;
const DOORS: ReadonlyMap<string, string> = new Map([
  ["node:fs", new URL("./fs.ts", import.meta.url).href],
  ["node:fs/promises", new URL("./fs-promises.ts", import.meta.url).href],
  ["node:fs/promises", new URL("./fs-promises.ts", import.meta.url).href],
  ["node:crypto", new URL("./crypto.ts", import.meta.url).href],
  ["node:worker_threads", new URL("./worker-threads.ts", import.meta.url).href],
  ["node:perf_hooks", new URL("./perf-hooks.ts", import.meta.url).href],
  ["better-sqlite3", new URL("./sqlite.ts", import.meta.url).href],
  ["../sys/open-files.ts", new URL("./open-files.ts", import.meta.url).href],
  ["./sys/thread-core.ts", new URL("./thread-core.ts", import.meta.url).href],
  ["../sys/thread-priority.ts", new URL("./thread-priority.ts", import.meta.url).href],
  ["./listeners.ts", new URL("./listeners.ts", import.meta.url).href],
]);
const ROOT = new URL("../../../", import.meta.url).href;
const GATEWAY = `${ROOT}packages/gateway/src/`;
const HTTP_SERVER = `${GATEWAY}http/node-server.ts`;

export function installDoors(plants: readonly Plant[] = []): void {
  const planted = new Map<string, Plant[]>();
  for (const plant of [...SMALL_LIMITS, ...plants]) {
    const url = `${ROOT}${plant.file}`;
    planted.set(url, [...(planted.get(url) ?? []), plant]);
  }
  registerHooks({
    resolve: (specifier, context, next) => {
      const door = doorOf(specifier, context.parentURL ?? "");
      if (door === null) return next(specifier, context);
      return { url: door, shortCircuit: true };
    },
    load: (url, context, next) => {
      const loaded = next(url, context);
      const changes = planted.get(url);
      if (changes === undefined) return loaded;
      return { ...loaded, source: changes.reduce(plantIn, String(loaded.source)) };
    },
  });
  takeOverClocks();
}

function doorOf(specifier: string, parent: string): string | null {
  if (parent.includes("/node_modules/node-sqlite3-wasm/")) {
    return specifier === "node:fs" || specifier === "node:crypto"
      ? (DOORS.get(specifier) ?? null)
      : null;
  }
  if (!parent.startsWith(GATEWAY)) return null;
  if (parent === HTTP_SERVER && specifier === "./node-http.ts") return HTTP_DOOR;
  return DOORS.get(specifier) ?? null;
}

/** The text with the bug in it. Throws where the place is not there, or there more than once. */
export function plantIn(source: string, { file, find, replace }: Plant): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(
      `${file} has the text of a planted bug ${parts.length - 1} times, not once: bring ` +
        `test/sim/planted-bugs.ts up to date. The text:\n${find}`,
    );
  }
  return parts.join(replace);
}

/** Timers and clocks outside a world stay the machine's: those of the test runner are not ours. */
function takeOverClocks(): void {
  const real = {
    now: Date.now,
    monotonic: performance.now.bind(performance),
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    setImmediate: globalThis.setImmediate,
    clearImmediate: globalThis.clearImmediate,
    random: Math.random,
  };
  Date.now = () => worldNow()?.scheduler.wallMs ?? real.now();
  performance.now = () => worldNow()?.scheduler.nowMs ?? real.monotonic();
  Math.random = () => worldNow()?.secrets.fraction() ?? real.random();
  const timers = {
    setTimeout: (run: (...given: unknown[]) => void, delayMs = 0, ...given: unknown[]) => {
      if (worldNow() === null) return real.setTimeout(run, delayMs, ...given);
      return new WorldTimer(Math.max(1, delayMs), () => run(...given));
    },
    setInterval: (run: (...given: unknown[]) => void, delayMs = 0, ...given: unknown[]) => {
      if (worldNow() === null) return real.setInterval(run, delayMs, ...given);
      const again = (): void => {
        timer.refresh();
        run(...given);
      };
      const timer = new WorldTimer(Math.max(1, delayMs), again);
      return timer;
    },
    setImmediate: (run: (...given: unknown[]) => void, ...given: unknown[]) => {
      if (worldNow() === null) return real.setImmediate(run, ...given);
      return new WorldTimer(0, () => run(...given));
    },
    clearTimeout: (timer: unknown) => {
      if (timer instanceof WorldTimer) timer.cancel();
      else real.clearTimeout(timer as NodeJS.Timeout);
    },
    clearImmediate: (timer: unknown) => {
      if (timer instanceof WorldTimer) timer.cancel();
      else real.clearImmediate(timer as NodeJS.Immediate);
    },
  };
  Object.assign(globalThis, timers, { clearInterval: timers.clearTimeout });
}

/** What the language's timers return, as far as packages use it. */
class WorldTimer {
  readonly #delayMs: number;
  readonly #run: () => void;
  #scheduled: { cancel(): void } | null = null;

  constructor(delayMs: number, run: () => void) {
    this.#delayMs = delayMs;
    this.#run = run;
    this.refresh();
  }

  refresh(): this {
    this.cancel();
    const world = worldNow();
    this.#scheduled = world === null ? null : world.after(this.#delayMs, this.#run);
    return this;
  }

  cancel(): void {
    this.#scheduled?.cancel();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}
