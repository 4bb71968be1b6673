/** What goes wrong: one thing at a time, chosen by the seed. */
import type { MarketClient } from "../clients/market-client.ts";
import { KEYS } from "../clients/requests.ts";
import type { StreamClient } from "../clients/stream-client.ts";
import type { Trader } from "../clients/trader.ts";
import { eventsOfJournal, foldOfJournal, lostEvent } from "../oracle/fold.ts";
import { INSTRUMENTS, instrumentOf } from "../oracle/money.ts";
import { promised } from "../oracle/violation.ts";
import type { DiskFault } from "../world/disk.ts";
import { endOfProcess, GatewayLife } from "../world/gateway-life.ts";
import { EXPIRY_MS, RECEIPT_KEY_FILE, type Stage } from "./stage.ts";

export class Faults {
  readonly #stage: Stage;
  #wallMaxMs = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async happen(): Promise<void> {
    const kind = this.#stage.random.weighted({
      killed: 3,
      powerCut: 3,
      tornWrite: 4,
      cleanStop: 1,
      streamLost: 2,
      slowReader: this.#stage.swarm.instruments ? 5 : 2,
      fsyncError: 2,
      writeError: 1,
      diskFull: 2,
      bitFlip: 2,
      operator: this.#stage.hasNets ? (this.#stage.swarm.instruments ? 6 : 3) : 0,
      clockJump: 1,
      revoke: this.#stage.portfolioKey === null ? 0 : 1,
      expire: this.#stage.portfolioKey !== null && this.#stage.swarm.expiries ? 4 : 0,
      quiet: 2,
      reload: this.#stage.swarm.reloads ? 6 : 0,
      rotate: this.#stage.portfolioKey !== null && this.#stage.swarm.rotations ? 6 : 0,
      threadDeath: this.#stage.swarm.threadDeaths ? 4 : 0,
      visit: this.#stage.swarm.visitors ? 3 : 0,
      diskSilent: this.#stage.swarm.silences ? 4 : 0,
    });
    switch (kind) {
      case "killed":
      case "powerCut":
        this.#stage.fault(kind);
        this.#stage.node?.kill();
        return this.#stage.comeBack(kind);
      case "tornWrite":
        return this.#dieAtWrite();
      case "cleanStop":
        this.#stage.fault(kind);
        await this.#stage.node?.stop();
        return this.#stage.comeBack("killed");
      case "streamLost":
        return this.#loseStream(this.#stage.random.pick([0, 0, 100, 900, 2_000]));
      case "fsyncError":
        return this.#failAtOperation("fsync");
      case "writeError":
        return this.#failAtOperation("write");
      case "diskFull":
        return this.#fillDisk();
      case "diskSilent":
        return this.#silence();
      case "bitFlip":
        return this.#flipBit();
      case "operator":
        return this.#stage.operate();
      case "reload":
        return this.#stage.reload();
      case "rotate":
        return this.#rotate();
      case "threadDeath":
        return this.#endThread();
      case "visit":
        this.#stage.fault(kind);
        return this.#stage.visit();
      case "revoke":
        return this.#revoke();
      case "expire":
        return this.#expire();
      case "clockJump":
        return this.#jump();
      case "quiet":
        return this.#rest();
      default:
        return this.#readSlowly();
    }
  }

  /**
   * It dies while it keeps that somebody has signed out, or as soon as that one is told: whoever
   * was told stays signed out.
   */
  async dieAtSignOut(): Promise<void> {
    const { browser, isUp, random, world } = this.#stage;
    if (browser === null || !isUp) return;
    await this.#stage.waitFor("a browser is answered", () => browser.rounds.isIdle);
    world.disk.onCrash = () => world.endLife();
    const isEarly = random.chance(0.5);
    if (isEarly) world.disk.crashAt = world.disk.operationCount + random.between(1, 4);
    const wasAsked = await this.#until(browser.leave());
    world.disk.crashAt = Number.POSITIVE_INFINITY;
    if (!wasAsked && this.#stage.isUp) return;
    this.#stage.fault("signOut");
    this.#stage.node?.kill();
    await this.#stage.comeBack(random.pick(["killed", "powerCut"]));
    await this.#stage.done("a browser has looked again", () => browser.lookAround());
  }

  /** An order that is only to rest is on its way when another comes that it would trade with. */
  async crossLate(): Promise<void> {
    const { auditor, callers, isUp, isVenueFaulty, random, swarm } = this.#stage;
    const [one, other] = callers;
    if (!isVenueFaulty || !swarm.resting || !isUp || one === undefined || other === undefined)
      return;
    const { history, model } = auditor;
    const { symbol, market } = instrumentOf(random.pick(swarm.symbols));
    const { lot, tick } = model.grids.of(symbol);
    const best = model.bestPrice(symbol, "sell");
    const price = best === null ? model.lastPrice(symbol) : best - tick;
    if (price === null) return;
    const terms = { market, symbol, price, ...PLAIN_TERMS } as const;
    history.faulty.add(one.key.account);
    await this.#stage.performed(one, { kind: "clearFaults" });
    const fault = { fault: "delayed_order", delayMs: LATE_MS, count: 1 };
    await this.#stage.performed(one, { kind: "fault", ...fault });
    const buy = { ...terms, order_side: "buy", qty: lot, reference_id: "late" } as const;
    const resting = { terms: buy, onlyIfResting: true };
    await this.#stage.performed(one, { kind: "place", orders: [resting], isBatch: false });
    const sell = { ...terms, order_side: "sell", qty: 20n * lot, reference_id: "first" } as const;
    await this.#stage.performed(other, {
      kind: "place",
      orders: [{ terms: sell }],
      isBatch: false,
    });
    await this.#stage.runFor(2 * LATE_MS);
  }

  /** Runs on until it has come, to the moment, whether the process lives or not. */
  async #until<Result>(coming: Promise<Result>): Promise<Result> {
    const { scheduler } = this.#stage.world;
    let isOver = false;
    void coming.then(() => {
      isOver = true;
    });
    const isInTime = await scheduler.runUntil(() => isOver, scheduler.nowMs + LEAVING_MS);
    promised(isInTime, "a browser that signs out is answered, or knows that it is not");
    return coming;
  }

  /** Real time is set: ahead by hours, or back by less than what is remembered of requests. */
  async #jump(): Promise<void> {
    if (this.#stage.random.chance(0.3)) return this.#strayClock();
    this.#stage.fault("clockJump");
    const { scheduler } = this.#stage.world;
    this.#stage.auditor.timeIsSet();
    this.#wallMaxMs = Math.max(this.#wallMaxMs, scheduler.wallMs);
    const backMs = Math.min(JUMP_BACK_MS_MAX - (this.#wallMaxMs - scheduler.wallMs), 120_000);
    const isBack = backMs > 0 && this.#stage.random.chance(0.5);
    scheduler.wallOffsetMs += isBack ? -backMs : this.#stage.random.between(1, 3 * 3_600_000);
  }

  /**
   * Real time is far ahead for a while, by a leap that is not believed or by steps that are, and is
   * set back. What was done before counts again then, and is sent again.
   */
  async #strayClock(): Promise<void> {
    this.#stage.fault("strayClock");
    const { auditor, callers, random, world } = this.#stage;
    const { scheduler } = world;
    const done = [...auditor.history.requests].filter(({ answers, command, sentWallMs }) => {
      const isYoung = Math.abs(scheduler.wallMs - sentWallMs) < STRAY_YOUNG_MS;
      return isYoung && answers.length > 0 && WRITES.has(command.kind);
    });
    const stepsMs = random.pick([[3_600_000], [240_000, 240_000, 240_000]]);
    for (const stepMs of stepsMs) {
      auditor.timeIsSet();
      scheduler.wallOffsetMs += stepMs;
      await this.#stage.runFor(random.between(50, 300));
    }
    auditor.timeIsSet();
    scheduler.wallOffsetMs -= stepsMs.reduce((sum, stepMs) => sum + stepMs, 0);
    const again = done.slice(-STRAY_REPEATED);
    let left = again.length;
    for (const request of again) {
      const isItsOwn = ({ key }: Trader) => request.channel === "http" || key === request.key;
      const sender = callers.find(isItsOwn);
      void (sender?.repeat(request) ?? Promise.resolve()).then(() => {
        left -= 1;
      });
    }
    await this.#stage.waitFor("what was sent again is answered", () => left === 0);
  }

  /** Nobody sends anything for a while: switches run out. */
  async #rest(): Promise<void> {
    this.#stage.fault("quiet");
    if (this.#stage.hasNets) await this.#armSwitches();
    this.#stage.stopTraders();
    this.#loseStream(this.#stage.random.between(1_500, 3_000));
    await this.#stage.runFor(this.#stage.random.between(2_000, 6_000), 200);
    if (!this.#stage.isUp) await this.#stage.comeBack("killed");
  }

  async #armSwitches(): Promise<void> {
    for (const caller of this.#stage.callers) {
      const { symbol } = this.#stage.random.pick(INSTRUMENTS);
      const scope = this.#stage.random.pick(["key", "symbol"] as const);
      const value = scope === "key" ? "" : symbol;
      await this.#stage.performed(caller, { kind: "deadMan", scope, value, timeoutS: 3 });
    }
  }

  /** A call of the disk fails. Whoever wrote the journal then stops, and is never asked again. */
  async #failAtOperation(kind: DiskFault): Promise<void> {
    const { disk } = this.#stage.world;
    disk.fault = { kind, atOperation: disk.operationCount + this.#stage.random.between(1, 30) };
    disk.onFault = (what) => {
      this.#stage.fault(`${what}Error`);
      this.#stage.mayExit = true;
    };
    await this.#stage.runFor(this.#stage.random.between(50, 1_000));
    disk.fault = null;
    if (!this.#stage.isUp) await this.#stage.comeBack("powerCut");
    this.#stage.mayExit = false;
  }

  /** Less and less room, none, then room again. Meanwhile cancels work in what is reserved. */
  async #fillDisk(): Promise<void> {
    const { disk } = this.#stage.world;
    this.#stage.fault("diskFull");
    disk.onFault = () => undefined;
    disk.bytesMax = disk.totalBytes + this.#stage.random.between(0, 60_000);
    disk.isQuota = this.#stage.random.chance(0.5);
    await this.#stage.runFor(this.#stage.random.between(50, 500));
    await this.#cancelsWork();
    disk.bytesMax = Number.POSITIVE_INFINITY;
    if (!this.#stage.isUp) await this.#stage.comeBack("killed");
  }

  /** A flush takes a while, and is done then: nothing is lost, and nobody is told too early. */
  async #silence(): Promise<void> {
    const { random, world } = this.#stage;
    this.#stage.fault("diskSilent");
    world.isSilent = true;
    const silentMs = random.between(100, SILENT_MS_MAX);
    world.disk.silentMs = silentMs;
    await this.#stage.runFor(silentMs + HEARD_MS);
    world.disk.silentMs = 0;
    world.isSilent = false;
    if (!this.#stage.isUp) await this.#stage.comeBack("killed");
  }

  async #cancelsWork(): Promise<void> {
    const [key] = KEYS;
    const [open] = this.#stage.auditor.model.openOrders(key?.account ?? "");
    if (open === undefined || !this.#stage.isUp) return;
    const sinceMs = this.#stage.world.nowMs;
    const names = [{ order_no: open.order_no }];
    await this.#stage.performed(this.#stage.callers[0] as Trader, {
      kind: "cancel",
      names,
      isBatch: false,
    });
    const tookMs = this.#stage.world.nowMs - sinceMs;
    promised(tookMs < CANCEL_MS_MAX, `a cancel on a full disk took ${tookMs} ms`);
  }

  /**
   * A bit of a file is another one at the next start: that is found, or it changes nothing. The
   * operator then puts the file back.
   */
  async #flipBit(): Promise<void> {
    const { disk } = this.#stage.world;
    this.#stage.fault("bitFlip");
    if (this.#stage.random.chance(0.5)) await this.#stage.node?.stop();
    else this.#stage.node?.kill();
    endOfProcess(this.#stage.world, "killed");
    const before = eventsOfJournal();
    const backup = disk.backup();
    const path = this.#stage.random.pick(disk.paths().filter((each) => disk.size(each) > 0));
    const bit = this.#stage.random.between(0, 8 * disk.size(path) - 1);
    disk.flip(path, bit);
    // SQLite salts its log: the digest of a damaged tail, in its name, is another one each time.
    const name = path.replace(/-[0-9a-f]{16}\.bytes$/, ".bytes");
    this.#stage.world.tell(`bit ${bit} of ${name} is flipped`);
    // What it tells now is taken back with the file.
    this.#stage.world.isCutOff = true;
    const node = await GatewayLife.start(this.#stage.world, this.#stage.options);
    if (node !== null && "refused" in node) {
      const { code = "" } = node.refused;
      const isKey = path === RECEIPT_KEY_FILE && code === "RECEIPT_KEY_UNUSABLE";
      promised(isKey || /^(JOURNAL|SQLITE)_/.test(code), `a flipped bit: ${node.refused.stack}`);
      this.#stage.fault("bitFlipFound");
    } else if (node?.log.some(({ event }) => event === "journal.damaged_tail") === true) {
      this.#stage.fault("bitFlipFound");
      node.kill();
    } else {
      const lost = lostEvent(before);
      promised(lost === null, `a flipped bit changed ${lost} and was not found`);
      const live = await node?.stateHash();
      promised(
        live === foldOfJournal(this.#stage.isStrict, this.#stage.isCut),
        "a flipped bit changed the state and was not found",
      );
      node?.kill();
    }
    endOfProcess(this.#stage.world, "killed");
    disk.restore(backup);
    this.#stage.world.isCutOff = false;
    await this.#stage.startGateway();
  }

  /** The process or the power ends at one of the next changes of the disk, in the middle of it. */
  async #dieAtWrite(): Promise<void> {
    const { disk } = this.#stage.world;
    this.#stage.fault("tornWrite");
    disk.onCrash = () => this.#stage.world.endLife();
    disk.crashAt = disk.operationCount + this.#stage.random.between(1, 40);
    await this.#stage.runFor(500);
    if (this.#stage.isUp) {
      disk.crashAt = Number.POSITIVE_INFINITY;
      return;
    }
    await this.#stage.comeBack(this.#stage.random.chance(0.7) ? "powerCut" : "killed");
  }

  /** A thread runs out of memory. Without the journal's there is no going on. */
  async #endThread(): Promise<void> {
    const { random, world } = this.#stage;
    const names = { "archive-worker.ts": 6, "journal-worker.ts": 1, "snapshot-worker.ts": 3 };
    const name = random.weighted(names);
    // Snapshots are not always in the making.
    const isThere = () => [...world.threads].some((thread) => thread.name === name);
    await world.scheduler.runUntil(isThere, world.nowMs + 200);
    this.#stage.look();
    const thread = [...world.threads].find((each) => each.name === name);
    if (thread === undefined || !this.#stage.isUp) return;
    this.#stage.fault(`threadDeath ${name}`);
    this.#stage.mayExit = name === "journal-worker.ts";
    thread.die();
    await this.#stage.runFor(random.between(1, 400));
    const mustExit = this.#stage.mayExit && this.#stage.isUp;
    promised(!mustExit, "it goes on without a journal");
    this.#stage.mayExit = false;
    if (!this.#stage.isUp) await this.#stage.comeBack(random.pick(["killed", "powerCut"]));
  }

  /** A key ends: it does nothing more, and its streams close. */
  #revoke(): void {
    const { operator, portfolioKey } = this.#stage;
    if (portfolioKey === null || !operator.isIdle) return;
    this.#stage.fault("revoke");
    operator.revoke(portfolioKey);
  }

  /** It ends soon, at once, or much later than was said. */
  #expire(): void {
    const { auditor, operator, ownKeys, random, world } = this.#stage;
    const { keyEnds } = auditor;
    const good = ownKeys.filter(({ apiKey, secretNo }) => {
      return !keyEnds.mayBeOver({ apiKey, secretNo }, world.nowMs);
    });
    if (good.length === 0 || !operator.isIdle) return;
    this.#stage.fault("expire");
    operator.expire(random.pick(good), random.pick([0, ...EXPIRY_MS]));
  }

  /** Its secret may have leaked: the one before ends now, or in a while. */
  #rotate(): void {
    const { auditor, operator, portfolioKey, random } = this.#stage;
    if (portfolioKey === null || !operator.isIdle) return;
    const { keyEnds } = auditor;
    const { apiKey, secretNo } = portfolioKey;
    if (keyEnds.expiryOf(apiKey) !== null) return;
    if (keyEnds.mayBeOver({ apiKey, secretNo }, this.#stage.world.nowMs)) return;
    this.#stage.fault("rotate");
    operator.rotate(portfolioKey, random.pick([0, 0, 1, 60]));
  }

  /** Of orders, mostly, or of the public market. */
  #reader(): StreamClient | MarketClient {
    const { markets, random, streams, visitors } = this.#stage;
    const isOfOrders = random.chance(0.7) || markets.length === 0;
    return isOfOrders ? random.pick([...streams, ...visitors]) : random.pick(markets);
  }

  /** Its reader comes back after a while. */
  #loseStream(awayMs: number): void {
    this.#stage.fault("streamLost");
    const stream = this.#reader();
    stream.awayUntilMs = this.#stage.world.nowMs + awayMs;
    stream.cut();
  }

  async #readSlowly(): Promise<void> {
    this.#stage.fault("slowReader");
    const stream = this.#reader();
    stream.read(false);
    const { hasNets, operator, random, swarm } = this.#stage;
    await this.#stage.runFor(random.between(10, 400));
    if (swarm.instruments && hasNets) {
      // What it is owed by now changes while it waits.
      operator.changeInstrument("rename");
      await this.#stage.runFor(random.between(10, 200));
    }
    stream.read(true);
  }
}

/** Milliseconds that real time may be behind where it once was. */
const JUMP_BACK_MS_MAX = 240_000;
/** Milliseconds for which a request is sent again behind a clock that was astray. */
const STRAY_YOUNG_MS = 60_000;
const STRAY_REPEATED = 20;
const WRITES: ReadonlySet<string> = new Set(["place", "amend", "cancel", "cancelAll"]);
/** Milliseconds: longer than answers are waited for, shorter than clients wait. */
const SILENT_MS_MAX = 5_000;
/** Milliseconds after which all hear that the disk answers again. */
const HEARD_MS = 2_000;
/** Milliseconds that an order is on its way to the venue. */
const LATE_MS = 300;
const PLAIN_TERMS = {
  order_type: "limit_order",
  time_in_force: "day",
  trigger_price: 0n,
  portfolio_id: "",
} as const;
/** Milliseconds in which a browser that signs out is answered, or knows that it is not. */
const LEAVING_MS = 10_000;
/** Milliseconds that a cancel takes at most, with the connection lost on its way and back again. */
const CANCEL_MS_MAX = 10_000;
