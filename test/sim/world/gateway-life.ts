/** The gateway in a simulated world: starts it, stops it, lets it die. */
import { startArchiveThread } from "../../../packages/gateway/src/archive/archive-worker.ts";
import { readConfig } from "../../../packages/gateway/src/config.ts";
import { Gateway } from "../../../packages/gateway/src/gateway.ts";
import { startJournalThread } from "../../../packages/gateway/src/journal/journal-worker.ts";
import { createLog } from "../../../packages/gateway/src/ops/log.ts";
import { makeSnapshot } from "../../../packages/gateway/src/sequencer/snapshot-worker.ts";
import { THREADS, type ThreadStart } from "../doors/worker-threads.ts";
import type { DiskEnd } from "./disk.ts";
import type { Life } from "./scheduler.ts";
import type { World } from "./world.ts";

THREADS.set("journal-worker.ts", atGate(startJournalThread));
THREADS.set("archive-worker.ts", atGate(startArchiveThread));
THREADS.set("snapshot-worker.ts", (port, data) => {
  port.postMessage(makeSnapshot(data));
  port.close();
});

/** It begins with what it is sent first, as a thread does that waits at its gate. */
function atGate<Start>(start: (port: never, begun: Start) => void): ThreadStart {
  return (port) => {
    port.once("message", (begun) => start(port as never, begun));
  };
}

export const DATA_DIR = "/sim/data";
/** Where clients find it, whichever process serves them. */
export const PORT = 8_000;

/** Milliseconds of the world that a start or a stop may take. */
const PATIENCE_MS = 60_000;

export interface LifeOptions {
  /** Another one once its settings have changed. */
  environment: Readonly<Record<string, string>>;
  readonly snapshotEveryEventCount: number;
}

export interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The product says it must not run: on a damaged disk that is right. */
export interface Refused {
  readonly refused: Error & { readonly code?: string };
}

export class GatewayLife {
  readonly life: Life;
  readonly log: LogLine[] = [];
  readonly #world: World;
  #gateway: Gateway | null = null;
  /** Why it stopped by itself: what it says before its process exits. */
  fatal: Error | null = null;

  /** Null: it died while it started. */
  static async start(world: World, options: LifeOptions): Promise<GatewayLife | Refused | null> {
    const node = new GatewayLife(world);
    let refused: Error | null = null;
    world.scheduler.after(0, node.life, () => {
      Gateway.start(node.#options(options)).then(
        (gateway) => {
          node.#gateway = gateway;
        },
        (error: Error) => {
          refused = error;
        },
      );
    });
    const isOver = () => node.#gateway !== null || refused !== null || node.life.isOver;
    const started = await world.scheduler.runUntil(isOver, world.nowMs + PATIENCE_MS);
    if (node.life.isOver) return null;
    if (refused !== null) {
      world.endLife();
      return { refused };
    }
    if (!started) throw new Error("the gateway does not start");
    return node;
  }

  private constructor(world: World) {
    this.#world = world;
    this.life = { isOver: false };
    world.life = this.life;
  }

  #options({ environment, snapshotEveryEventCount }: LifeOptions) {
    const world = this.#world;
    const { scheduler } = world;
    return {
      config: configOf(environment),
      clock: {
        wallMs: () => scheduler.wallMs,
        monotonicMs: () => scheduler.nowMs,
        after: (delayMs: number, callback: () => void) => {
          return scheduler.after(delayMs, this.life, callback);
        },
        atTurnEnd: (callback: () => void) => {
          scheduler.after(0, this.life, callback);
        },
      },
      log: this.#logTo(),
      onFatal: (error: Error) => this.#die(error),
      snapshotEveryEventCount,
    };
  }

  /** What the product logs, kept; nothing is printed. */
  #logTo() {
    const log = createLog("silent");
    const keep = (first: unknown, event?: string) => {
      const [fields, name] = typeof first === "string" ? [{}, first] : [first, event];
      this.log.push({ event: String(name), fields: fields as LogLine["fields"] });
    };
    return Object.assign(log, { info: keep, warn: keep, error: keep, fatal: keep });
  }

  /** The process exits at once, as main.ts does. */
  #die(error: Error): void {
    if (this.life.isOver) return;
    this.fatal = error;
    this.#world.tell(`gateway exits: ${error.message}`);
    this.#world.endLife();
  }

  /** In the order of its journal: everything before this is durable. */
  async stateHash(): Promise<string | null> {
    let hash: string | null = null;
    this.#world.scheduler.after(0, this.life, () => {
      void this.#gateway?.stateHash().then((state) => {
        hash = state.hash;
      });
    });
    const isOver = () => hash !== null || this.life.isOver;
    await this.#world.scheduler.runUntil(isOver, this.#world.nowMs + PATIENCE_MS);
    return hash;
  }

  /** SIGHUP: it reads its settings anew. */
  reload({ environment }: LifeOptions): void {
    this.#world.scheduler.after(0, this.life, () => {
      this.#gateway?.reload(configOf(environment));
    });
  }

  /** SIGTERM: it stops in its own time. */
  async stop(): Promise<void> {
    let isStopped = false;
    let problem: unknown = null;
    this.#world.scheduler.after(0, this.life, () => {
      this.#gateway?.stop().then(
        () => {
          isStopped = true;
        },
        (error: unknown) => {
          isStopped = true;
          problem = error;
        },
      );
    });
    const isOver = () => isStopped || this.life.isOver;
    const stopped = await this.#world.scheduler.runUntil(isOver, this.#world.nowMs + PATIENCE_MS);
    if (!stopped) throw new Error("the gateway does not stop");
    if (problem !== null && this.fatal === null) throw problem;
    if (!this.life.isOver) this.#world.endLife();
  }

  /** SIGKILL, or the machine's power. */
  kill(): void {
    if (!this.life.isOver) this.#world.endLife();
  }
}

function configOf(environment: LifeOptions["environment"]) {
  return readConfig({
    COUNTERMAND_DATA_DIR: DATA_DIR,
    COUNTERMAND_PORT: String(PORT),
    COUNTERMAND_SANDBOX_MARKET: "off",
    ...environment,
  });
}

/** After every end: the disk as the next process finds it. */
export function endOfProcess(world: World, how: DiskEnd): void {
  world.bury();
  world.disk.end(how);
}
