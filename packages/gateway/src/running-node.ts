/**
 * The node behind the edge: journal, archive, state machines and the services over them, from a
 * locked data directory to a state that is recovered and may be told.
 */
import { encodeModeNotice, encodeReady, type Fault, fault } from "@countermand/contract";
import type { MarketMode } from "@countermand/core/control";
import { MARKET_GROUP_NAMES, type MarketGroup, type UnixMs } from "@countermand/core/model";
import { OrderAudit } from "./audit/order-audit.ts";
import type { Authenticator } from "./auth/authenticate.ts";
import type { Caller, KeyStore } from "./auth/key-store.ts";
import type { ConsoleNode } from "./console/console-edge.ts";
import { openConsole } from "./console/open-console.ts";
import {
  holderName,
  type OperatorConsole,
  openOperatorConsole,
} from "./console/operator-sessions.ts";
import type { SignInService } from "./console/sign-in-service.ts";
import type { SignedServices } from "./http/signed-endpoint.ts";
import type { DataDirLock } from "./journal/data-dir-lock.ts";
import { Admission } from "./limits/admission.ts";
import { EffectiveLimits } from "./limits/limit-source.ts";
import type { OrderLimits } from "./limits/order-guard.ts";
import type { PublicMarket } from "./market/public-market.ts";
import { SandboxTraders } from "./market-sim/sandbox-traders.ts";
import { type Foundation, layFoundation, letGo, type NodeOptions } from "./node-foundation.ts";
import {
  answerAt,
  authenticatorOf,
  budgetsOf,
  faultBoardOf,
  hubOf,
  limitsOf,
  marketOf,
  snapshotterOf,
} from "./node-parts.ts";
import { KeyService } from "./operator/key-service.ts";
import { KillSwitch } from "./operator/kill-switch.ts";
import { LimitService } from "./operator/limit-service.ts";
import type { OperatorParts } from "./operator/operator-parts.ts";
import { OperatorService } from "./operator/operator-service.ts";
import { certificateLife } from "./ops/certificate-life.ts";
import { Metrics } from "./ops/metrics.ts";
import { ReceiptIssuer } from "./receipts/receipt-issuer.ts";
import { DeadManService } from "./safety/dead-man-service.ts";
import { DisconnectGuard } from "./safety/disconnect-guard.ts";
import { ClockService } from "./sandbox/clock-service.ts";
import { FaultService } from "./sandbox/fault-service.ts";
import { sandboxAccount } from "./sandbox.ts";
import { AwaitedAnswers } from "./sequencer/awaited-answers.ts";
import type { DiskSilence } from "./sequencer/commit-watch.ts";
import type { DurableCommit } from "./sequencer/group-commit.ts";
import { RUNS_STOP_MS } from "./sequencer/limits.ts";
import type { Partitions } from "./sequencer/partitions.ts";
import { Sequencer } from "./sequencer/sequencer.ts";
import { SessionTimer } from "./sequencer/session-timer.ts";
import type { Snapshotter } from "./sequencer/snapshotter.ts";
import { isDeskName, stateHash } from "./sequencer/state.ts";
import type { StreamHub } from "./stream/stream-hub.ts";
import { DiskSpace } from "./sys/disk-space.ts";
import { hasSeveralCores } from "./sys/thread-core.ts";
import { AccountService } from "./trade/account-service.ts";
import { OrderLists } from "./trade/order-lists.ts";
import { PreviewService } from "./trade/preview-service.ts";
import { RestrictionService } from "./trade/restriction-service.ts";
import { StatementService } from "./trade/statement-service.ts";
import { TradeService } from "./trade/trade-service.ts";
import type { FaultBoard } from "./venue/fault-board.ts";
import { OrderStreamServer } from "./ws/ws-server.ts";

const OUTCOME_AWAITS_DISK =
  "the gateway's disk does not answer: this is done when it does, and the same request sent again " +
  "finds out";
const NO_KEYS_JSON = '{"keys":[]}';

interface NodeServices extends SignedServices {
  readonly authenticator: Authenticator;
}

export class RunningNode {
  readonly partitions: Partitions;
  readonly sequencer: Sequencer;
  readonly services: NodeServices;
  readonly console: ConsoleNode;
  readonly streams: OrderStreamServer;
  readonly market: PublicMarket;
  readonly operator: OperatorParts;
  readonly metrics: Metrics;
  readonly #options: NodeOptions;
  readonly #foundation: Foundation;
  readonly #hub: StreamHub;
  readonly #diskSpace: DiskSpace;
  readonly #admission: Admission;
  readonly #effective: EffectiveLimits;
  readonly #limits: OrderLimits;
  readonly #killSwitch: KillSwitch;
  readonly #snapshotter: Snapshotter;
  readonly #sessionTimer: SessionTimer;
  readonly #deadMan: DeadManService;
  readonly #guard: DisconnectGuard;
  readonly #traders: SandboxTraders;
  readonly #awaited = new AwaitedAnswers();
  /** Last durable position of each partition. */
  readonly #durable: Map<string, number>;

  /** Precondition: the data directory is locked. Throws JournalError. */
  static async start(options: NodeOptions, lock: DataDirLock): Promise<RunningNode> {
    const foundation = await layFoundation(options, lock);
    let node: RunningNode | null = null;
    try {
      node = new RunningNode(options, foundation, foundation.keys);
      await node.#begin(foundation.keys);
      return node;
    } catch (error) {
      await (node === null ? letGo(foundation.archive, foundation.journal) : letGo(node));
      throw error;
    }
  }

  private constructor(options: NodeOptions, foundation: Foundation, keys: KeyStore) {
    const { config, clock, onFatal } = options;
    const { archive, journal, marketClock, partitions, recovered } = foundation;
    this.#options = options;
    this.#foundation = foundation;
    this.partitions = partitions;
    this.#durable = new Map(recovered.positions);
    this.#hub = hubOf(foundation);
    this.#diskSpace = new DiskSpace(config.dataDir, clock);
    this.#admission = new Admission(clock);
    this.#effective = new EffectiveLimits(partitions.control, config);
    this.#limits = limitsOf(options, this.#effective);
    const instruments = partitions.control.table;
    this.market = marketOf(foundation, clock);
    const faultBoard = faultBoardOf(options, instruments);
    this.sequencer = new Sequencer({
      partitions,
      journal,
      clock,
      hasSeveralCores: hasSeveralCores(),
      marketNowMs: () => marketClock.nowMs(),
      onClockSet: (atMs, speed) => this.#clockSet(atMs, speed),
      onDurable: (commit) => this.#publish(commit),
      onFailure: onFatal,
      limits: this.#limits,
      faultsOf: (caller) => faultBoard.venueFaults(caller),
      answerAt: (partition, seq) => answerAt(archive, partition, seq),
      silence: this.#silence(),
    });
    const { sequencer } = this;
    this.#traders = this.#makeTraders();
    this.#sessionTimer = new SessionTimer({
      clock,
      marketClock,
      nextAtMs: () => partitions.sessions.nextAtMs,
      // A tick that cannot be stored has stopped the process already.
      onDue: () => void sequencer.tick(),
    });
    this.#deadMan = new DeadManService({
      sequencer,
      clock,
      notify: (account, written) => this.#hub.notify(account, written),
      isGoodKey: (apiKey) => keys.find(apiKey, clock.wallMs()) !== null,
    });
    this.#guard = new DisconnectGuard({ sequencer, clock });
    const { pages, signIn, ...consoleParts } = openConsole(options, keys, sequencer);
    this.services = this.#makeServices(keys, faultBoard, signIn);
    this.console = { ...consoleParts, authenticator: pages, services: this.services };
    this.streams = new OrderStreamServer({
      authenticator: this.services.authenticator,
      keys,
      sessions: pages,
      sequencer,
      archive,
      trade: this.services.trade,
      awaited: this.#awaited,
      budgets: this.services.budgets,
      hub: this.#hub,
      histories: foundation.histories,
      guard: this.#guard,
      clock,
      frameFault: (caller, seq) => faultBoard.frameFault(caller, seq),
      onAnswered: (op, httpStatus, tookMs) => this.metrics.commanded(op, httpStatus, tookMs),
      onBug: onFatal,
    });
    this.#killSwitch = this.#makeKillSwitch();
    this.operator = this.#operatorParts();
    this.metrics = this.#makeMetrics();
    // Behind everything that can fail: it may begin a snapshot by itself.
    this.#snapshotter = snapshotterOf(options, foundation, () => new Map(this.#durable));
    journal.watchDisk(({ isFull }) => this.#diskChanged(isFull));
  }

  async #begin(keys: KeyStore): Promise<void> {
    // First, and in one commit: a journal that has anything says what it was begun for, and under
    // which rules.
    await Promise.all([this.sequencer.begin(), this.#beginProfile()]);
    await this.#resealKeys(keys);
    await this.#openSandboxAccounts(keys);
    await this.#reconcile();
    this.#deadMan.timers.start();
    this.#guard.start();
    this.#sessionTimer.arm();
    this.#killSwitch.resume();
    await this.#traders.start();
  }

  #clockSet(atMs: UnixMs, speed: number): void {
    this.#foundation.marketClock.run(atMs, speed);
    this.#sessionTimer.arm();
  }

  /** Whether this turn has room for another new order or query; asked before each is read. */
  admits(): boolean {
    this.sequencer.lookUp();
    return this.#admission.admits();
  }

  /** Public keys of receipts, as a JSON Web Key Set. */
  get receiptKeysJson(): string {
    return this.#foundation.signing?.jwksJson ?? NO_KEYS_JSON;
  }

  /** Hash of the whole state, and the journal positions it stands at. */
  stateHash(): Promise<{ readonly hash: string; readonly positions: Record<string, number> }> {
    const { desks, exchange, sessions } = this.partitions;
    return this.sequencer.read(() => ({
      hash: stateHash({
        desks: new Map(desks.map(({ name, desk }) => [name, desk])),
        exchange: exchange.exchange,
        session: sessions.state,
        control: this.partitions.control,
      }),
      positions: this.partitions.positions(),
    }));
  }

  /** Ends all streams; resolves when their sockets are gone. Nobody simulated trades any more. */
  async endStreams(): Promise<void> {
    this.#traders.stop();
    await Promise.all([this.streams.close(), this.market.streams.close()]);
  }

  /** Brings everything to the disk and lets it go. Precondition: nobody sends commands any more. */
  async close(): Promise<void> {
    this.#sessionTimer.close();
    this.#deadMan.timers.close();
    this.#guard.close();
    await this.console.sessions.close();
    this.#traders.stop();
    this.#killSwitch.close();
    this.partitions.gate.close();
    await this.#endRuns();
    await this.sequencer.drained();
    await this.#snapshotter.close();
    await this.#foundation.archive.close();
    // A cancel that waited for the archive has been answered or refused, and may have decided more.
    await new Promise<void>((resolve) => this.#options.clock.atTurnEnd(resolve));
    await this.sequencer.drained();
    await this.#foundation.journal.close();
  }

  /** There may be more left of them than a stop has time for. */
  async #endRuns(): Promise<void> {
    const { runs } = this.sequencer;
    const timeIsUp = new Promise<void>((resolve) => {
      this.#options.clock.after(RUNS_STOP_MS, resolve);
    });
    if (runs.activeCount > 0) await Promise.race([runs.idle(), timeIsUp]);
    runs.stop();
  }

  #makeKillSwitch(): KillSwitch {
    const { clock, onFatal } = this.#options;
    return new KillSwitch({ sequencer: this.sequencer, clock, onBug: onFatal });
  }

  #operatorParts(): OperatorParts {
    const { authenticator } = this.services;
    const pages = openOperatorConsole(this.#options.clock, this.#foundation.keys);
    const service = this.#operatorService(pages);
    const { sequencer } = this;
    return { service, sequencer, awaited: this.#awaited, authenticator, console: pages };
  }

  #operatorService({ codes: signInCodes, sessions }: OperatorConsole): OperatorService {
    const { partitions, sequencer } = this;
    const { archive } = this.#foundation;
    const { masterKey } = this.#options.config;
    const onChanged = (apiKey: string) => {
      this.streams.keyChanged(apiKey);
      this.console.codes.forget(apiKey);
      signInCodes.forget(holderName("", apiKey));
      // At once: a later rotation with an overlap must not bring back what this one has ended.
      this.console.sessions.endLost();
      sessions.endLost();
    };
    const isKnownKey = (apiKey: string) => this.#foundation.keys.isKnown(apiKey);
    return new OperatorService({
      sequencer,
      killSwitch: this.#killSwitch,
      keys: new KeyService({ sequencer, masterKey, onChanged }),
      audit: new OrderAudit({ sequencer, archive }),
      orders: new OrderLists({ sequencer, archive, instruments: partitions.control.table }),
      limits: new LimitService({ sequencer, limits: this.#effective, isKnownKey }),
      isKnownKey,
      signInCodes,
      onModeSet: (market, mode) => this.#tellMode(market, mode),
    });
  }

  /** Once it is durable: nobody hears of what a crash may take back. */
  #tellMode(market: MarketGroup, mode: MarketMode): void {
    const text = encodeModeNotice(market, mode);
    void this.sequencer.read(() => text).then((durable) => this.#hub.announce(durable));
  }

  /** Null when it can do what it is asked for; otherwise why not. */
  notReady(): Fault | null {
    const { isDiskSilent, commitWaitingMs } = this.sequencer;
    if (!isDiskSilent) return null;
    const seconds = Math.floor(commitWaitingMs / 1000);
    return fault("UNAVAILABLE", `the disk has not answered for ${seconds} s`);
  }

  /** What operators hold back now, for whoever asks whether the gateway is ready. */
  readyDetails(): string {
    const { control } = this.partitions;
    const modes = MARKET_GROUP_NAMES.map((group) => [group, control.mode(group)] as const);
    return encodeReady(new Map(modes), control.activeBlockCount, this.sequencer.isDiskFull);
  }

  #silence(): DiskSilence {
    const { log } = this.#options;
    return {
      onSilent: () => log.error({}, "disk.silent"),
      onHeard: (silentMs) => log.info({ silentMs: Math.round(silentMs) }, "disk.heard"),
      onGivenUp: () => this.#awaited.giveUpAll(OUTCOME_AWAITS_DISK),
    };
  }

  /** Full: what room is left is for cancels, so nobody else gets any of it. */
  #diskChanged(isFull: boolean): void {
    if (this.sequencer.isDiskFull === isFull) return;
    this.sequencer.isDiskFull = isFull;
    this.#foundation.archive.hold(isFull);
    this.#snapshotter.isHeld = isFull;
    const { log } = this.#options;
    const { reserveBytes } = this.#foundation.journal.disk;
    void this.#diskSpace.freeBytes().then((freeBytes) => {
      if (isFull) log.error({ freeBytes, reserveBytes }, "disk.full");
      else log.info({ freeBytes, reserveBytes }, "disk.has_room");
    });
  }

  #publish(commit: DurableCommit): void {
    // Of queries alone: they waited, and nothing was written.
    if (commit.eventCount > 0) this.metrics.committed(commit.eventCount, commit.durationMs);
    this.#hub.publish(commit.reports);
    this.market.publish(commit.worked);
    for (const [partition, seq] of commit.positions) {
      this.#durable.set(partition, seq);
      if (isDeskName(partition)) this.#foundation.archive.follow(partition, seq);
    }
    this.#snapshotter.committed(commit.eventCount);
  }

  #makeTraders(): SandboxTraders {
    const { config, clock, onFatal } = this.#options;
    return new SandboxTraders({
      config,
      clock,
      sequencer: this.sequencer,
      instruments: this.partitions.control.table.all,
      attention: () => ({
        requestCount: this.metrics.clientRequestCount,
        streamCount: this.#hub.sessionCount + this.market.streams.sessionCount,
      }),
      onBug: onFatal,
    });
  }

  #makeServices(keys: KeyStore, faultBoard: FaultBoard, signIn: SignInService): NodeServices {
    const { sequencer } = this;
    const { archive, marketClock, partitions, signing } = this.#foundation;
    const instruments = partitions.control.table;
    const budgets = budgetsOf(this.#options, partitions);
    const losesAnswer = (caller: Caller) => faultBoard.losesAnswer(caller);
    const receipts =
      signing && new ReceiptIssuer({ keys: signing, archive, recent: partitions.recent });
    return {
      trade: new TradeService({ sequencer, archive, instruments, budgets, losesAnswer, receipts }),
      budgets,
      awaited: this.#awaited,
      previews: new PreviewService({ sequencer, archive, instruments, budgets }),
      accounts: new AccountService({ sequencer, instruments }),
      statements: new StatementService({ sequencer, archive }),
      restrictions: new RestrictionService(sequencer),
      deadMan: this.#deadMan,
      authenticator: authenticatorOf(this.#options, keys),
      clock: new ClockService({ sequencer, marketClock }),
      faults: new FaultService(sequencer, faultBoard),
      signIn,
    };
  }

  #makeMetrics(): Metrics {
    const { partitions, sequencer } = this;
    const hub = this.#hub;
    const { streams } = this.market;
    return new Metrics({
      openOrders: () => partitions.openCount,
      streamSessions: () => hub.sessionCount,
      pendingCommands: () => sequencer.pendingCount,
      unarchivedReports: () => partitions.recent.size,
      commitWaitingSeconds: () => sequencer.commitWaitingMs / 1000,
      diskFull: () => (sequencer.isDiskFull ? 1 : 0),
      diskFreeBytes: () => this.#diskSpace.freeBytes(),
      diskReserveBytes: () => this.#foundation.journal.disk.reserveBytes,
      certificateExpiry: () => {
        const { tls } = this.#options.config;
        return tls && certificateLife(tls.cert).untilMs / 1000;
      },
      activeBlocks: () => partitions.control.activeBlockCount,
      marketModes: () => {
        const { control } = partitions;
        return MARKET_GROUP_NAMES.map((group) => [group, control.mode(group)] as const);
      },
      rememberedRequests: () => {
        return partitions.desks.reduce((sum, { desk }) => sum + desk.answered.size, 0);
      },
      unkeptRefusals: () => sequencer.unkeptRefusalCount,
      pushes: () => hub.sentCount,
      slowReaders: () => hub.slowCount,
      overBudget: () => this.services.budgets.refusedCounts,
      shedRequests: () => this.#admission.refusedCount,
      heldBack: () => partitions.heldBackCounts,
      limitRefusals: () => this.#limits.refusedCounts,
      marketSessions: () => streams.sessionCount,
      marketMessages: () => streams.sentCount,
      marketDropped: () => streams.conflatedCount,
      simulatedCommands: () => this.#traders.commandCount,
    });
  }

  /**
   * Orders and cancels whose outcome a stop left unknown: the venue is asked before anybody is told
   * anything.
   */
  async #reconcile(): Promise<void> {
    const pending = this.partitions.pendingOrders();
    if (pending.length === 0) return;
    this.#options.log.warn({ count: pending.length }, "venue.reconciled");
    await this.sequencer.perform((nowMs) => {
      for (const order of pending) this.partitions.gate.reconcile(order, nowMs);
    });
  }

  /** Once in a journal's life, before its first account. */
  async #beginProfile(): Promise<void> {
    const { config, clock } = this.#options;
    const { control } = this.partitions;
    if (config.profile === "sandbox" || control.profile !== null) return;
    const atMs = clock.wallMs() as UnixMs;
    await this.sequencer.operate(() => {
      this.partitions.stageControlEvent({ type: "ProfileBegan", atMs, profile: "production" });
    });
  }

  /** Brings the secrets under the present master key. */
  async #resealKeys(keys: KeyStore): Promise<void> {
    const atMs = this.#options.clock.wallMs() as UnixMs;
    await this.sequencer.operate(() => {
      for (const event of keys.resealed(atMs)) this.partitions.stageControlEvent(event);
    });
  }

  async #openSandboxAccounts(keys: KeyStore): Promise<void> {
    const nowMs = this.#options.clock.wallMs() as UnixMs;
    for (const account of keys.accounts()) {
      if (this.partitions.deskOf(account).desk.book(account) !== null) continue;
      await this.sequencer.record(account, sandboxAccount(account, nowMs));
    }
  }
}
