/**
 * One seed: a world, a gateway, clients and a plan of what goes wrong. Everything is decided by the
 * seed; the same seed is the same story to the last byte.
 */
import { KEYS, type Key, type Request } from "./clients/requests.ts";
import { StreamClient } from "./clients/stream-client.ts";
import { Trader } from "./clients/trader.ts";
import { Auditor, type Envelope } from "./oracle/auditor.ts";
import { foldOfJournal } from "./oracle/fold.ts";
import type { OrderRow } from "./oracle/told.ts";
import { promised, Violation } from "./oracle/violation.ts";
import type { DiskFault } from "./world/disk.ts";
import { endOfProcess, GatewayLife, type LifeOptions, PORT } from "./world/gateway-life.ts";
import { Random } from "./world/random.ts";
import { setWorld, World } from "./world/world.ts";

/** Faults by their kind. */
export type FaultCounts = Record<string, number>;

export interface SeedResult {
  readonly seed: number;
  /** Of everything that was sent, told and read. */
  readonly traceHash: string;
  readonly stateHash: string;
  readonly eventCount: number;
  readonly requestCount: number;
  readonly answerCount: number;
  readonly pushCount: number;
  readonly faults: FaultCounts;
  readonly violation: string | null;
  /** The last of what happened. */
  readonly story: readonly string[];
  readonly simulatedMs: number;
}

export interface SeedOptions {
  /** Lines of the story that are kept. */
  readonly storyMax?: number;
}

const WALL_START_MS = 1_746_774_142_000;

export async function runSeed(
  seed: number,
  { storyMax = 60 }: SeedOptions = {},
): Promise<SeedResult> {
  const world = new World(seed, WALL_START_MS + (seed % 10_000) * 61_000);
  world.storyMax = storyMax;
  setWorld(world);
  const run = new SeedRun(world);
  let violation: string | null = null;
  try {
    await run.play();
  } catch (error) {
    violation = error instanceof Violation ? error.message : String((error as Error).stack);
    world.tell(`FAILED ${violation}`);
  } finally {
    if (!world.life.isOver) world.endLife();
    world.bury();
    setWorld(null);
  }
  return { ...run.result(), violation };
}

class SeedRun {
  readonly #world: World;
  readonly #random: Random;
  readonly #auditor = new Auditor();
  readonly #faults: FaultCounts = {};
  readonly #options: LifeOptions;
  readonly #streams: StreamClient[];
  readonly #traders: Trader[];
  readonly #lastTimestamps = new Map<string, number>();
  #node: GatewayLife | null = null;
  #violation: Violation | null = null;
  #nextId = 1;
  /** Its disk has failed: it may say so and stop. */
  #mayExit = false;
  #stateHash = "";

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.seed, "plan");
    const random = this.#random;
    this.#options = {
      environment: { COUNTERMAND_RECEIPT_KEY_FILE: "off", COUNTERMAND_DISK_RESERVE_MB: "1" },
      snapshotEveryEventCount: random.pick([20, 60, 1_000]),
    };
    this.#streams = KEYS.map((key) => this.#streamOf(key, true));
    const count = random.between(2, 5);
    this.#traders = Array.from({ length: count }, (_, index) => this.#traderOf(index));
  }

  async play(): Promise<void> {
    const random = this.#random;
    await this.#startGateway();
    const rounds = random.between(2, 5);
    for (let round = 0; round < rounds; round += 1) {
      this.#goOn();
      await this.#runFor(random.between(20, 250));
      await this.#somethingHappens();
    }
    await this.#settle();
    await this.#standing();
    await this.#cancelEverything();
    await this.#standing();
    await this.#stateStands();
  }

  result(): Omit<SeedResult, "violation"> {
    const { scheduler, story, seed } = this.#world;
    return {
      seed,
      traceHash: this.#world.traceHash(),
      stateHash: this.#stateHash,
      eventCount: scheduler.eventCount,
      requestCount: this.#traders.reduce((sum, { requestCount }) => sum + requestCount, 0),
      answerCount: this.#auditor.answerCount,
      pushCount: this.#auditor.pushCount,
      faults: this.#faults,
      story: [...story],
      simulatedMs: Math.round(scheduler.nowMs),
    };
  }

  // --- clients ---

  #streamOf(key: Key, hasCommands: boolean): StreamClient {
    return new StreamClient({
      world: this.#world,
      port: PORT,
      key,
      hasCommands,
      nextTimestamp: () => this.#timestamp(key),
      onPush: (push) => this.#auditor.pushed(push),
      onViolation: (what) => {
        this.#violation ??= new Violation(what);
      },
    });
  }

  #traderOf(index: number): Trader {
    const random = this.#random;
    const key = KEYS[index % KEYS.length] as Key;
    return new Trader({
      world: this.#world,
      random: new Random(this.#world.seed, `trader ${index}`),
      auditor: this.#auditor,
      key,
      port: PORT,
      nextTimestamp: () => this.#timestamp(key),
      nextId: () => this.#id(),
      stream: this.#streams[index % KEYS.length] as StreamClient,
      thinkMs: random.pick([0.5, 3, 15]),
      cutPercent: random.pick([0, 2, 10]),
    });
  }

  #id(): string {
    const id = `r${this.#nextId}`;
    this.#nextId += 1;
    return id;
  }

  /** Two requests that are meant to be two need two timestamps. */
  #timestamp(key: Key): number {
    const { wallMs } = this.#world.scheduler;
    const timestamp = Math.max(wallMs, (this.#lastTimestamps.get(key.apiKey) ?? 0) + 1);
    this.#lastTimestamps.set(key.apiKey, timestamp);
    return timestamp;
  }

  #goOn(): void {
    for (const stream of this.#streams) stream.connect();
    for (const trader of this.#traders) trader.start();
  }

  // --- time ---

  async #runFor(ms: number): Promise<void> {
    const untilMs = this.#world.nowMs + ms;
    while (this.#world.nowMs < untilMs && this.#isUp) {
      const stepMs = Math.min(untilMs, this.#world.nowMs + LOOK_EVERY_MS);
      await this.#world.scheduler.runUntil(() => !this.#isUp, stepMs);
      this.#look();
      this.#keepStreams();
    }
  }

  get #isUp(): boolean {
    return this.#node !== null && !this.#node.life.isOver;
  }

  #look(): void {
    if (this.#violation !== null) throw this.#violation;
    const fatal = this.#node?.fatal ?? null;
    if (fatal !== null && !this.#mayExit)
      throw new Violation(`it stopped by itself: ${fatal.stack}`);
    if (this.#isUp) this.#auditor.look();
  }

  /** A reader that lost its stream comes back for the rest. */
  #keepStreams(): void {
    for (const stream of this.#streams) stream.connect();
  }

  // --- what goes wrong ---

  #fault(kind: string): void {
    this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
    this.#world.tell(`fault: ${kind}`);
  }

  async #somethingHappens(): Promise<void> {
    const kind = this.#random.weighted({
      killed: 3,
      powerCut: 3,
      tornWrite: 4,
      cleanStop: 1,
      streamLost: 2,
      slowReader: 1,
      fsyncError: 2,
      writeError: 1,
      diskFull: 2,
      bitFlip: 2,
    });
    switch (kind) {
      case "killed":
      case "powerCut":
        this.#fault(kind);
        this.#node?.kill();
        return this.#comeBack(kind);
      case "tornWrite":
        return this.#dieAtWrite();
      case "cleanStop":
        this.#fault(kind);
        await this.#node?.stop();
        return this.#comeBack("killed");
      case "streamLost":
        this.#fault(kind);
        this.#random.pick(this.#streams).cut();
        return;
      case "fsyncError":
        return this.#failAtOperation("fsync");
      case "writeError":
        return this.#failAtOperation("write");
      case "diskFull":
        return this.#fillDisk();
      case "bitFlip":
        return this.#flipBit();
      default:
        return this.#readSlowly();
    }
  }

  /** A call of the disk fails. Whoever wrote the journal then stops, and is never asked again. */
  async #failAtOperation(kind: DiskFault): Promise<void> {
    const { disk } = this.#world;
    disk.fault = { kind, atOperation: disk.operationCount + this.#random.between(1, 30) };
    disk.onFault = () => {
      this.#fault(`${kind}Error`);
      this.#mayExit = true;
    };
    await this.#runFor(this.#random.between(50, 1_000));
    disk.fault = null;
    if (!this.#isUp) await this.#comeBack("powerCut");
    this.#mayExit = false;
  }

  /** Less and less room, none, then room again. */
  async #fillDisk(): Promise<void> {
    const { disk } = this.#world;
    this.#fault("diskFull");
    this.#mayExit = true;
    disk.bytesMax = disk.totalBytes + this.#random.between(0, 60_000);
    await this.#runFor(this.#random.between(50, 500));
    disk.bytesMax = Number.POSITIVE_INFINITY;
    if (!this.#isUp) await this.#comeBack("killed");
    this.#mayExit = false;
  }

  /**
   * A bit of a file is another one at the next start: that is found, or it changes nothing. The
   * operator then puts the file back.
   */
  async #flipBit(): Promise<void> {
    const { disk } = this.#world;
    this.#fault("bitFlip");
    if (this.#random.chance(0.5)) await this.#node?.stop();
    else this.#node?.kill();
    endOfProcess(this.#world, "killed");
    const backup = disk.backup();
    const path = this.#random.pick(disk.paths().filter((each) => disk.size(each) > 0));
    const bit = this.#random.between(0, 8 * disk.size(path) - 1);
    disk.flip(path, bit);
    this.#world.tell(`bit ${bit} of ${path} is flipped`);
    const node = await GatewayLife.start(this.#world, this.#options);
    if (node !== null && "refused" in node) {
      const { code = "" } = node.refused;
      promised(/^(JOURNAL|SQLITE)_/.test(code), `a flipped bit: ${node.refused.stack}`);
      this.#fault("bitFlipFound");
    } else if (node?.log.some(({ event }) => event === "journal.damaged_tail") === true) {
      this.#fault("bitFlipFound");
      node.kill();
    } else {
      this.#node = node;
      this.#look();
      const live = await node?.stateHash();
      promised(live === foldOfJournal(), "a flipped bit changed the state and was not found");
      node?.kill();
    }
    endOfProcess(this.#world, "killed");
    disk.restore(backup);
    await this.#startGateway();
  }

  /** The process or the power ends at one of the next changes of the disk, in the middle of it. */
  async #dieAtWrite(): Promise<void> {
    const { disk } = this.#world;
    this.#fault("tornWrite");
    disk.onCrash = () => this.#world.endLife();
    disk.crashAt = disk.operationCount + this.#random.between(1, 40);
    await this.#runFor(500);
    if (this.#isUp) {
      disk.crashAt = Number.POSITIVE_INFINITY;
      return;
    }
    await this.#comeBack(this.#random.chance(0.7) ? "powerCut" : "killed");
  }

  async #readSlowly(): Promise<void> {
    this.#fault("slowReader");
    const stream = this.#random.pick(this.#streams);
    stream.read(false);
    await this.#runFor(this.#random.between(10, 400));
    stream.read(true);
  }

  async #comeBack(end: "killed" | "powerCut"): Promise<void> {
    endOfProcess(this.#world, end);
    // Connections that were lost are noticed, in their time.
    await this.#world.scheduler.runUntil(
      () => false,
      this.#world.nowMs + this.#random.between(0, 50),
    );
    for (let attempt = 0; attempt < 3 && this.#random.chance(0.2); attempt += 1) {
      await this.#dieWhileStarting();
    }
    await this.#startGateway();
  }

  async #dieWhileStarting(): Promise<void> {
    const { disk } = this.#world;
    this.#fault("diedWhileStarting");
    disk.onCrash = () => this.#world.endLife();
    disk.crashAt = disk.operationCount + this.#random.between(1, 60);
    const node = await GatewayLife.start(this.#world, this.#options);
    disk.crashAt = Number.POSITIVE_INFINITY;
    if (node !== null && "refused" in node) {
      // The disk failed under it: it says so, and does not start.
      promised(disk.lastErrorCode === "EIO", `refused to start: ${node.refused.message}`);
    } else if (node !== null) {
      node.kill();
    }
    endOfProcess(this.#world, this.#random.chance(0.5) ? "powerCut" : "killed");
  }

  async #startGateway(): Promise<void> {
    const node = await GatewayLife.start(this.#world, this.#options);
    if (node === null) throw new Violation("the gateway died while it started, and nothing failed");
    if ("refused" in node) throw new Violation(`it does not start: ${node.refused.stack}`);
    this.#node = node;
    this.#world.tell("gateway is up");
    this.#look();
  }

  // --- when everything has come to rest ---

  /** Everybody gets an answer, every reader has read everything. */
  async #settle(): Promise<void> {
    if (!this.#isUp) await this.#comeBack("killed");
    for (const trader of this.#traders) trader.stop();
    await this.#waitFor("every request is answered", () =>
      this.#traders.every((each) => each.isIdle),
    );
    await this.#caughtUp();
  }

  async #caughtUp(): Promise<void> {
    await this.#waitFor("every stream is read to its end", () => {
      this.#look();
      this.#keepStreams();
      return this.#streams.every((stream, index) => {
        return stream.isOpen && stream.seq === this.#auditor.lastSeqOf(KEYS[index]?.account ?? "");
      });
    });
    this.#look();
  }

  async #waitFor(what: string, isSo: () => boolean): Promise<void> {
    const untilMs = this.#world.nowMs + SETTLE_MS;
    while (!isSo()) {
      promised(this.#world.nowMs < untilMs, `not within ${SETTLE_MS} ms: ${what}`);
      await this.#runFor(LOOK_EVERY_MS);
      if (!this.#isUp) await this.#comeBack("killed");
    }
  }

  async #standing(): Promise<void> {
    for (const [index, { account }] of KEYS.entries()) {
      const trader = this.#traders[index] as Trader;
      const rows: OrderRow[] = [];
      const count = this.#auditor.model.orders(account).length;
      for (let page = 1; rows.length < count || page === 1; page += 1) {
        const { data } = await this.#ask(trader, { kind: "orders", page });
        const { orders } = data as { orders: OrderRow[] };
        rows.push(...orders);
        if (orders.length === 0) break;
      }
      const balance = await this.#ask(trader, { kind: "balance" });
      const positions = await this.#ask(trader, { kind: "positions" });
      this.#look();
      this.#auditor.checkStanding(account, rows, balance, positions);
    }
  }

  async #ask(trader: Trader, command: Request["command"]): Promise<Envelope> {
    const answer = await this.#performed(trader, command);
    return JSON.parse(answer.answers.at(-1)?.text ?? "{}") as Envelope;
  }

  async #performed(trader: Trader, command: Request["command"]): Promise<Request> {
    let done: Request | null = null;
    void trader.perform(command).then((request) => {
      done = request;
    });
    await this.#waitFor("a request is answered", () => done !== null);
    return done as unknown as Request;
  }

  async #cancelEverything(): Promise<void> {
    for (const [index, { account }] of KEYS.entries()) {
      const trader = this.#traders[index] as Trader;
      const open = this.#auditor.model.openOrders(account).map(({ order_no }) => ({ order_no }));
      for (let at = 0; at < open.length; at += 5) {
        const names = open.slice(at, at + 5);
        await this.#performed(trader, { kind: "cancel", names, isBatch: true });
      }
    }
    await this.#caughtUp();
  }

  /** The state in memory is the fold of the journal, before a stop and after it. */
  async #stateStands(): Promise<void> {
    const live = await this.#node?.stateHash();
    const folded = foldOfJournal();
    promised(live === folded, `the state in memory is ${live}, the journal folds to ${folded}`);
    await this.#node?.stop();
    endOfProcess(this.#world, "powerCut");
    await this.#startGateway();
    const again = await this.#node?.stateHash();
    promised(again === foldOfJournal(), "the state after a start is the fold of the journal");
    this.#stateHash = again ?? "";
    this.#world.tell(`state ${this.#stateHash}`);
    await this.#node?.stop();
  }
}

/** Milliseconds between two looks of the auditor. */
const LOOK_EVERY_MS = 25;
/** Milliseconds in which everything comes to rest. */
const SETTLE_MS = 60_000;
