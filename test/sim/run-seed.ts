/**
 * One seed: a world, a gateway, clients and a plan of what goes wrong. Everything is decided by the
 * seed; the same seed is the same story to the last byte.
 */
import { OPERATOR_PORT, OPERATOR_TOKEN, Operator } from "./clients/operator.ts";
import { KEYS, type Key, type Request } from "./clients/requests.ts";
import { StreamClient } from "./clients/stream-client.ts";
import { Trader } from "./clients/trader.ts";
import type { Envelope } from "./oracle/answers.ts";
import { Auditor } from "./oracle/auditor.ts";
import { eventsOfJournal, foldOfJournal, lostEvent } from "./oracle/fold.ts";
import { INSTRUMENTS } from "./oracle/model.ts";
import type { OrderRow } from "./oracle/told.ts";
import { promised, Violation } from "./oracle/violation.ts";
import type { DiskEnd, DiskFault } from "./world/disk.ts";
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
  /** Changes of the disk. */
  readonly changeCount: number;
  readonly faults: FaultCounts;
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

const WALL_START_MS = 1_746_774_142_000;

export async function runSeed(
  seed: number,
  { storyMax = 60, oneCrash }: SeedOptions = {},
): Promise<SeedResult> {
  const world = new World(seed, WALL_START_MS + (seed % 10_000) * 61_000);
  world.storyMax = storyMax;
  setWorld(world);
  const run = new SeedRun(world);
  let violation: string | null = null;
  try {
    if (oneCrash === undefined) await run.play();
    else await run.playWith(oneCrash);
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
  readonly #auditor: Auditor;
  readonly #operator: Operator;
  readonly #faults: FaultCounts = {};
  readonly #options: LifeOptions;
  readonly #streams: StreamClient[];
  readonly #traders: Trader[];
  /** One of each account that acts only when it is asked to. */
  readonly #callers: Trader[];
  readonly #timestamps = new Map<string, Set<number>>();
  #wallMaxMs = 0;
  #upSinceMs = 0;
  #node: GatewayLife | null = null;
  #violation: Violation | null = null;
  #nextId = 1;
  /** Seeds have either faults of the venue, or nets that cancel for clients. */
  readonly #isVenueFaulty: boolean;
  /** Its disk has failed: it may say so and stop. */
  #mayExit = false;
  #stateHash = "";

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.seed, "plan");
    this.#auditor = new Auditor(() => world.nowMs);
    const random = this.#random;
    this.#isVenueFaulty = random.chance(0.3);
    this.#options = {
      environment: {
        COUNTERMAND_RECEIPT_KEY_FILE: "off",
        COUNTERMAND_DISK_RESERVE_MB: "1",
        COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
        COUNTERMAND_OPERATOR_PORT: String(OPERATOR_PORT),
      },
      snapshotEveryEventCount: random.pick([20, 60, 1_000]),
    };
    this.#operator = new Operator({
      world,
      random: new Random(world.seed, "operator"),
      blocks: this.#auditor.blocks,
      nextId: () => this.#id(),
    });
    this.#streams = KEYS.map((key) => this.#streamOf(key, true));
    const count = random.between(2, 5);
    this.#traders = Array.from({ length: count }, (_, index) => this.#traderOf(index));
    this.#callers = KEYS.map((_, index) => this.#traderOf(index, "caller"));
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

  /** A short story with one crash, which may strike from the very first start on. */
  async playWith({ atChange, end }: OneCrash): Promise<void> {
    const { disk } = this.#world;
    disk.onCrash = () => {
      this.#fault(end);
      this.#world.endLife();
    };
    disk.crashAt = atChange;
    const started = await GatewayLife.start(this.#world, this.#options);
    if (started === null || "refused" in started) {
      promised(this.#world.life.isOver && disk.operationCount >= atChange, "it starts");
      endOfProcess(this.#world, end);
      await this.#startGateway();
    } else {
      this.#node = started;
    }
    this.#goOn();
    await this.#runFor(ONE_CRASH_MS);
    if (!this.#isUp) await this.#comeBackFrom(end);
    await this.#settle();
    await this.#standing();
    await this.#stateStands();
  }

  async #comeBackFrom(end: DiskEnd): Promise<void> {
    endOfProcess(this.#world, end);
    await this.#startGateway();
    this.#goOn();
    await this.#runFor(ONE_CRASH_MS);
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
      changeCount: this.#world.disk.operationCount,
      faults: this.#faults,
      seen: this.#auditor.history.seen,
      story: [...story],
      simulatedMs: Math.round(scheduler.nowMs),
    };
  }

  // --- clients ---

  #streamOf(key: Key, hasCommands: boolean): StreamClient {
    const graceS = !this.#isVenueFaulty && this.#random.chance(0.6) ? 1 : null;
    const stream = new StreamClient({
      world: this.#world,
      port: PORT,
      key,
      hasCommands,
      graceS,
      nextTimestamp: () => this.#timestamp(key),
      onPush: (push) => this.#auditor.pushed(push),
      onViolation: (what) => {
        this.#violation ??= new Violation(what);
      },
    });
    if (graceS !== null) this.#auditor.history.guarded.set(key.account, () => stream.openSinceMs);
    return stream;
  }

  #traderOf(index: number, kind = "trader"): Trader {
    const random = this.#random;
    const key = KEYS[index % KEYS.length] as Key;
    return new Trader({
      world: this.#world,
      random: new Random(this.#world.seed, `${kind} ${index}`),
      auditor: this.#auditor,
      key,
      port: PORT,
      nextTimestamp: () => this.#timestamp(key),
      nextId: () => this.#id(),
      stream: this.#streams[index % KEYS.length] as StreamClient,
      thinkMs: random.pick([0.5, 3, 15]),
      cutPercent: random.pick([0, 2, 10]),
      isVenueFaulty: this.#isVenueFaulty,
      onFault: (fault) => {
        this.#auditor.history.faulty.add(key.account);
        this.#fault(`venue ${fault}`);
        const stream = this.#streams[index % KEYS.length];
        if (stream !== undefined && fault.endsWith("_frame")) stream.isFaulty = true;
      },
    });
  }

  #id(): string {
    const id = `r${this.#nextId}`;
    this.#nextId += 1;
    return id;
  }

  /** Two requests that are meant to be two need two timestamps. */
  #timestamp(key: Key): number {
    const used = this.#timestamps.get(key.apiKey) ?? new Set();
    this.#timestamps.set(key.apiKey, used);
    let timestamp = this.#world.scheduler.wallMs;
    while (used.has(timestamp)) timestamp += 1;
    used.add(timestamp);
    return timestamp;
  }

  #goOn(): void {
    for (const stream of this.#streams) stream.connect();
    for (const trader of this.#traders) trader.start();
  }

  // --- time ---

  async #runFor(ms: number, lookEveryMs = LOOK_EVERY_MS): Promise<void> {
    const untilMs = this.#world.nowMs + ms;
    while (this.#world.nowMs < untilMs && this.#isUp) {
      const stepMs = Math.min(untilMs, this.#world.nowMs + lookEveryMs);
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
    if (!this.#isUp) return;
    this.#auditor.look();
    const { nowMs, scheduler } = this.#world;
    if (nowMs - this.#upSinceMs < SWITCH_LATE_MS || this.#auditor.history.hasJumped) return;
    const overdue = this.#auditor.history.overdueSwitch(scheduler.wallMs - SWITCH_LATE_MS);
    promised(overdue === null, `a switch has not fired: ${overdue}`);
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
      operator: this.#isVenueFaulty ? 0 : 3,
      clockJump: 1,
      quiet: 2,
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
        return this.#loseStream(this.#random.pick([0, 0, 100, 900, 2_000]));
      case "fsyncError":
        return this.#failAtOperation("fsync");
      case "writeError":
        return this.#failAtOperation("write");
      case "diskFull":
        return this.#fillDisk();
      case "bitFlip":
        return this.#flipBit();
      case "operator":
        this.#fault(kind);
        this.#operator.start();
        return;
      case "clockJump":
        return this.#jump();
      case "quiet":
        return this.#rest();
      default:
        return this.#readSlowly();
    }
  }

  /** Real time is set: ahead by hours, or back by less than what is remembered of requests. */
  #jump(): void {
    this.#fault("clockJump");
    const { scheduler } = this.#world;
    this.#auditor.history.hasJumped = true;
    this.#wallMaxMs = Math.max(this.#wallMaxMs, scheduler.wallMs);
    const backMs = Math.min(JUMP_BACK_MS_MAX - (this.#wallMaxMs - scheduler.wallMs), 120_000);
    const isBack = backMs > 0 && this.#random.chance(0.5);
    scheduler.wallOffsetMs += isBack ? -backMs : this.#random.between(1, 3 * 3_600_000);
  }

  /** Nobody sends anything for a while: switches run out. */
  async #rest(): Promise<void> {
    this.#fault("quiet");
    if (!this.#isVenueFaulty) await this.#armSwitches();
    for (const trader of this.#traders) trader.stop();
    this.#loseStream(this.#random.between(1_500, 3_000));
    await this.#runFor(this.#random.between(2_000, 6_000), 200);
    if (!this.#isUp) await this.#comeBack("killed");
  }

  async #armSwitches(): Promise<void> {
    for (const caller of this.#callers) {
      const { symbol } = this.#random.pick(INSTRUMENTS);
      const scope = this.#random.pick(["key", "symbol"] as const);
      const value = scope === "key" ? "" : symbol;
      await this.#performed(caller, { kind: "deadMan", scope, value, timeoutS: 3 });
    }
  }

  /** A call of the disk fails. Whoever wrote the journal then stops, and is never asked again. */
  async #failAtOperation(kind: DiskFault): Promise<void> {
    const { disk } = this.#world;
    disk.fault = { kind, atOperation: disk.operationCount + this.#random.between(1, 30) };
    disk.onFault = (what) => {
      this.#fault(`${what}Error`);
      this.#mayExit = true;
    };
    await this.#runFor(this.#random.between(50, 1_000));
    disk.fault = null;
    if (!this.#isUp) await this.#comeBack("powerCut");
    this.#mayExit = false;
  }

  /** Less and less room, none, then room again. Meanwhile cancels work in what is reserved. */
  async #fillDisk(): Promise<void> {
    const { disk } = this.#world;
    this.#fault("diskFull");
    disk.onFault = () => undefined;
    disk.bytesMax = disk.totalBytes + this.#random.between(0, 60_000);
    disk.isQuota = this.#random.chance(0.5);
    await this.#runFor(this.#random.between(50, 500));
    await this.#cancelsWork();
    disk.bytesMax = Number.POSITIVE_INFINITY;
    if (!this.#isUp) await this.#comeBack("killed");
  }

  async #cancelsWork(): Promise<void> {
    const [key] = KEYS;
    const [open] = this.#auditor.model.openOrders(key?.account ?? "");
    if (open === undefined || !this.#isUp) return;
    const sinceMs = this.#world.nowMs;
    const names = [{ order_no: open.order_no }];
    await this.#performed(this.#callers[0] as Trader, { kind: "cancel", names, isBatch: false });
    const tookMs = this.#world.nowMs - sinceMs;
    promised(tookMs < CANCEL_MS_MAX, `a cancel on a full disk took ${tookMs} ms`);
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
    const before = eventsOfJournal();
    const backup = disk.backup();
    const path = this.#random.pick(disk.paths().filter((each) => disk.size(each) > 0));
    const bit = this.#random.between(0, 8 * disk.size(path) - 1);
    disk.flip(path, bit);
    this.#world.tell(`bit ${bit} of ${path} is flipped`);
    // What it tells now is taken back with the file.
    this.#world.isCutOff = true;
    const node = await GatewayLife.start(this.#world, this.#options);
    if (node !== null && "refused" in node) {
      const { code = "" } = node.refused;
      promised(/^(JOURNAL|SQLITE)_/.test(code), `a flipped bit: ${node.refused.stack}`);
      this.#fault("bitFlipFound");
    } else if (node?.log.some(({ event }) => event === "journal.damaged_tail") === true) {
      this.#fault("bitFlipFound");
      node.kill();
    } else {
      const lost = lostEvent(before);
      promised(lost === null, `a flipped bit changed ${lost} and was not found`);
      const live = await node?.stateHash();
      promised(live === foldOfJournal(), "a flipped bit changed the state and was not found");
      node?.kill();
    }
    endOfProcess(this.#world, "killed");
    disk.restore(backup);
    this.#world.isCutOff = false;
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

  /** Its reader comes back after a while. */
  #loseStream(awayMs: number): void {
    this.#fault("streamLost");
    const stream = this.#random.pick(this.#streams);
    stream.awayUntilMs = this.#world.nowMs + awayMs;
    stream.cut();
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
    this.#upSinceMs = this.#world.nowMs;
    this.#world.tell("gateway is up");
    this.#look();
  }

  // --- when everything has come to rest ---

  /** Everybody gets an answer, every reader has read everything. */
  async #settle(): Promise<void> {
    if (!this.#isUp) await this.#comeBack("killed");
    for (const trader of this.#traders) trader.stop();
    await this.#waitFor("every request is answered", () => {
      return this.#operator.isIdle && this.#traders.every((each) => each.isIdle);
    });
    await this.#releaseSwitches();
    // What it was asked to do to orders later, it does meanwhile.
    if (this.#isVenueFaulty) await this.#runFor(VENUE_LATE_MS, 250);
    await this.#caughtUp();
  }

  async #releaseSwitches(): Promise<void> {
    for (const index of KEYS.keys()) {
      const trader = this.#callers[index] as Trader;
      const release = { kind: "deadMan", timeoutS: 0 } as const;
      await this.#performed(trader, { ...release, scope: "key", value: "" });
      for (const { symbol } of INSTRUMENTS) {
        await this.#performed(trader, { ...release, scope: "symbol", value: symbol });
      }
    }
  }

  async #caughtUp(): Promise<void> {
    await this.#waitFor("the venue has answered", () => {
      this.#look();
      return !this.#auditor.model.isWaiting;
    });
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
      const trader = this.#callers[index] as Trader;
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
    let isOver = false;
    void trader.perform(command).then((request) => {
      done = request;
      isOver = true;
    });
    await this.#waitFor("a request is answered", () => isOver);
    promised(done !== null, "a request is answered in time");
    return done;
  }

  async #cancelEverything(): Promise<void> {
    for (const [index, { account }] of KEYS.entries()) {
      const trader = this.#callers[index] as Trader;
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

/** Milliseconds after its time by which a dead-man's switch has fired, and its event is durable. */
const SWITCH_LATE_MS = 1_500;
/** Milliseconds that real time may be behind where it once was. */
const JUMP_BACK_MS_MAX = 240_000;
/** Milliseconds that a cancel takes at most, with the connection lost on its way and back again. */
const CANCEL_MS_MAX = 10_000;
/** Milliseconds, and more, that a fault of the venue takes. */
const VENUE_LATE_MS = 2_000;
/** Milliseconds in which a single crash may strike. */
const ONE_CRASH_MS = 60;
/** Milliseconds between two looks of the auditor. */
const LOOK_EVERY_MS = 50;
/** Milliseconds in which everything comes to rest. */
const SETTLE_MS = 60_000;
