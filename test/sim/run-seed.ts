/**
 * One seed: a world, a gateway, clients and a plan of what goes wrong. Everything is decided by the
 * seed; the same seed is the same story to the last byte.
 */
import { promised, Violation } from "./oracle/violation.ts";
import { Faults } from "./run/faults.ts";
import { Rest } from "./run/rest.ts";
import { Retention } from "./run/retention.ts";
import { type FaultCounts, Stage } from "./run/stage.ts";
import { startMs } from "./run/swarm.ts";
import type { DiskEnd } from "./world/disk.ts";
import { endOfProcess, GatewayLife } from "./world/gateway-life.ts";
import { setWorld, World } from "./world/world.ts";

export interface SeedResult {
  readonly seed: number;
  /** Hash of everything that was sent, told and read. */
  readonly traceHash: string;
  readonly stateHash: string;
  readonly eventCount: number;
  readonly requestCount: number;
  readonly answerCount: number;
  readonly pushCount: number;
  /** Changes of the disk. */
  readonly changeCount: number;
  readonly faults: FaultCounts;
  /** Routes, commands and reasons that were met. */
  readonly reached: FaultCounts;
  /** What history had, by its kind. */
  readonly seen: FaultCounts;
  readonly violation: string | null;
  /** The last of what happened. */
  readonly story: readonly string[];
  readonly simulatedMs: number;
}

/** The one thing that goes wrong, instead of what the seed would have. */
export interface OneCrash {
  /** At this change of the disk, in the middle of it; never, to count them. */
  readonly atChange: number;
  readonly end: DiskEnd;
}

export interface SeedOptions {
  /** Lines of the story that are kept. */
  readonly storyMax?: number;
  readonly oneCrash?: OneCrash;
}

export async function runSeed(
  seed: number,
  { storyMax = 60, oneCrash }: SeedOptions = {},
): Promise<SeedResult> {
  const world = new World(seed, startMs(seed));
  world.storyMax = storyMax;
  setWorld(world);
  const run = new SeedRun(world);
  let violation: string | null = null;
  const onUncaught = (error: Error): void => run.crashed(error);
  process.on("uncaughtException", onUncaught);
  try {
    if (oneCrash === undefined) await run.play();
    else await run.playWith(oneCrash);
  } catch (error) {
    violation = error instanceof Violation ? error.message : String((error as Error).stack);
    world.tell(`FAILED ${violation}`);
  } finally {
    process.off("uncaughtException", onUncaught);
    if (!world.life.isOver) world.endLife();
    world.bury();
    setWorld(null);
  }
  return { ...run.result(), violation };
}

class SeedRun {
  readonly #stage: Stage;
  readonly #faults: Faults;
  readonly #rest: Rest;
  readonly #retention: Retention;
  #stateHash = "";

  constructor(world: World) {
    this.#stage = new Stage(world);
    this.#faults = new Faults(this.#stage);
    this.#rest = new Rest(this.#stage);
    this.#retention = new Retention(this.#stage, this.#rest);
  }

  /** What nobody catches ends a process. */
  crashed(error: Error): void {
    this.#stage.crashed(error);
  }

  async play(): Promise<void> {
    const random = this.#stage.random;
    await this.#stage.startGateway();
    await this.#stage.makeKeys();
    await this.#stage.openDay();
    const { hasNets, isVenueFaulty, swarm } = this.#stage;
    // Under strict rules nobody is to come to the end of what he has.
    const mayLack = hasNets && !isVenueFaulty && !this.#stage.isStrict;
    if (mayLack && random.chance(0.35)) this.#stage.operator.squeeze();
    const rounds = random.between(2, 5);
    for (let round = 0; round < rounds; round += 1) {
      this.#stage.goOn();
      if (hasNets && random.chance(swarm.instruments ? 0.6 : 0.3)) this.#stage.operate();
      await this.#stage.runFor(random.between(20, 250));
      await this.#faults.happen();
    }
    await this.#rest.settle();
    await this.#rest.standing();
    if (swarm.cuts) await this.#cut();
    await this.#stage.nextDay();
    await this.#faults.dieAtSignOut();
    await this.#faults.crossLate();
    await this.#rest.cancelEverything();
    await this.#rest.standing();
    this.#stateHash = await this.#rest.stateStands();
  }

  /** What is old is archived, and life goes on. */
  async #cut(): Promise<void> {
    await this.#retention.cut();
    await this.#rest.standing();
    this.#stage.goOn();
    await this.#stage.runFor(this.#stage.random.between(20, 100));
    await this.#faults.happen();
    await this.#rest.settle();
    await this.#rest.standing();
  }

  /** A short story with one crash, which may strike from the very first start on. */
  async playWith({ atChange, end }: OneCrash): Promise<void> {
    const { disk } = this.#stage.world;
    disk.onCrash = () => {
      this.#stage.fault(end);
      this.#stage.world.endLife();
    };
    disk.crashAt = atChange;
    const started = await GatewayLife.start(this.#stage.world, this.#stage.options);
    if (started === null || "refused" in started) {
      promised(this.#stage.world.life.isOver && disk.operationCount >= atChange, "it starts");
      endOfProcess(this.#stage.world, end);
      await this.#stage.startGateway();
    } else {
      this.#stage.node = started;
    }
    this.#stage.goOn();
    await this.#stage.runFor(ONE_CRASH_MS);
    if (!this.#stage.isUp) await this.#comeBackFrom(end);
    await this.#rest.settle();
    await this.#rest.standing();
    this.#stateHash = await this.#rest.stateStands();
  }

  async #comeBackFrom(end: DiskEnd): Promise<void> {
    endOfProcess(this.#stage.world, end);
    await this.#stage.startGateway();
    this.#stage.goOn();
    await this.#stage.runFor(ONE_CRASH_MS);
  }

  result(): Omit<SeedResult, "violation"> {
    const { scheduler, story, seed } = this.#stage.world;
    return {
      seed,
      traceHash: this.#stage.world.traceHash(),
      stateHash: this.#stateHash,
      eventCount: scheduler.eventCount,
      requestCount: this.#stage.traders.reduce((sum, { requestCount }) => sum + requestCount, 0),
      answerCount: this.#stage.auditor.answerCount,
      pushCount: this.#stage.auditor.pushCount,
      changeCount: this.#stage.world.disk.operationCount,
      faults: this.#stage.faults,
      reached: this.#stage.world.reached,
      seen: this.#stage.auditor.history.seen,
      story: [...story],
      simulatedMs: Math.round(scheduler.nowMs),
    };
  }
}

/** Milliseconds in which a single crash may strike. */
const ONE_CRASH_MS = 60;
