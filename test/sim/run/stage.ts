/** The world of one seed, the gateway in it and its clients: starts them, lets time pass, looks. */

import { Browser, type PageAsked } from "../clients/browser.ts";
import { Inspector } from "../clients/inspector.ts";
import { chooseRow, rowSettings } from "../clients/limit-rows.ts";
import { MarketAsker } from "../clients/market-asker.ts";
import { MarketClient } from "../clients/market-client.ts";
import { Operator } from "../clients/operator.ts";
import { OPERATOR_PORT, OPERATOR_TOKEN } from "../clients/operator-line.ts";
import { KEYS, type Key, type Request } from "../clients/requests.ts";
import type { Rounds } from "../clients/rounds.ts";
import { type Push, StreamClient, type StreamStart } from "../clients/stream-client.ts";
import type { Home } from "../clients/strict-orders.ts";
import { type Heard, PORTFOLIOS, Trader } from "../clients/trader.ts";
import type { Envelope } from "../oracle/answers.ts";
import { Auditor } from "../oracle/auditor.ts";
import { mayCancel, untilTradingMs } from "../oracle/sessions.ts";
import type { MadeCode } from "../oracle/sign-ins.ts";
import { promised, Violation } from "../oracle/violation.ts";
import { SIM_ROOT } from "../world/disk.ts";
import { endOfProcess, GatewayLife, type LifeOptions, PORT } from "../world/gateway-life.ts";
import { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { chooseSwarm, isStrict, type Swarm } from "./swarm.ts";

/** Faults by their kind. */
export type FaultCounts = Record<string, number>;

export class Stage {
  readonly world: World;
  readonly random: Random;
  readonly auditor: Auditor;
  readonly operator: Operator;
  readonly faults: FaultCounts = {};
  readonly options: LifeOptions;
  readonly streams: StreamClient[];
  /** Readers that come from anywhere, and go. */
  readonly visitors: StreamClient[] = [];
  readonly traders: Trader[];
  /** Who reads the public market, few prices or many. */
  readonly markets: MarketClient[];
  readonly #askers: (Browser | Inspector | MarketAsker)[];
  /** Whoever signs in, in some seeds. */
  readonly browser: Browser | null;
  /** Codes for browsers that nobody has used yet. */
  readonly #codes: MadeCode[] = [];
  /** One of each account that acts only when it is asked to. */
  readonly callers: Trader[];
  readonly #timestamps = new Map<string, Set<number>>();
  /** The last position of each account that any reader was told. */
  readonly #toldSeqs = new Map<string, number>();
  upSinceMs = 0;
  node: GatewayLife | null = null;
  readonly #heard: Heard[] = [];
  #violation: Violation | null = null;
  #nextId = 1;
  readonly isVenueFaulty: boolean;
  /** Nets that cancel for clients, and operators: beside faults of the venue in some seeds. */
  readonly hasNets: boolean;
  /** Some seeds have sessions and auctions. */
  readonly isStrict: boolean;
  /** The market that it leads through its days then. */
  readonly home: Home;
  readonly swarm: Swarm;
  /** Some seeds have keys that operators made. */
  readonly #hasOwnKeys: boolean;
  #hasLimits = false;
  #isGoingOn = false;
  portfolioKey: Key | null = null;
  /** Those that operators made. */
  readonly ownKeys: Key[] = [];
  /** Its disk has failed: it may say so and stop. */
  mayExit = false;

  constructor(world: World) {
    this.world = world;
    this.random = new Random(world.seed, "plan");
    this.isStrict = isStrict(world.seed);
    this.home = new Random(world.seed, "home").pick(["hkex", "usex"]);
    const clock = { nowMs: () => world.nowMs, wallMs: () => world.scheduler.wallMs };
    this.auditor = new Auditor(clock, this.isStrict);
    this.swarm = chooseSwarm(world.seed, this.isStrict);
    world.bufferBytes = this.swarm.bufferBytes;
    world.crumbPercent = this.swarm.crumbPercent;
    const random = this.random;
    this.isVenueFaulty = random.chance(0.3) && !this.isStrict;
    const hasNets = !this.isVenueFaulty || this.swarm.netsBesideFaults;
    this.hasNets = this.isStrict ? this.swarm.strictNets : hasNets;
    const limits = this.#chooseLimits();
    this.#hasOwnKeys = !this.isStrict && new Random(world.seed, "keys").chance(0.4);
    this.options = {
      environment: {
        ...limits,
        ...(this.isStrict && { COUNTERMAND_MARKET_RULES: "strict" }),
        COUNTERMAND_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
        COUNTERMAND_RECEIPT_KEY_FILE: this.#receiptKeyFile(),
        COUNTERMAND_DISK_RESERVE_MB: "1",
        COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
        COUNTERMAND_OPERATOR_PORT: String(OPERATOR_PORT),
      },
      snapshotEveryEventCount: random.pick([20, 60, 1_000]),
    };
    this.operator = new Operator({
      world,
      random: new Random(world.seed, "operator"),
      blocks: this.auditor.blocks,
      keyEnds: this.auditor.keyEnds,
      control: this.auditor.history.control,
      accounts: this.auditor.history.accounts,
      adjustments: this.auditor.history.adjustments,
      limits: this.auditor.history.limits,
      inspections: this.auditor.history.inspections,
      instruments: this.auditor.history.instruments,
      stories: this.auditor.history.stories,
      lists: this.auditor.history.lists,
      lastSeqOf: (account) => this.auditor.lastSeqOf(account),
      heard: () => this.#heard,
      opensAccounts: this.swarm.accounts && !this.isVenueFaulty && !this.isStrict,
      onAccount: (key) => this.#welcome(key),
      onCode: this.#codeTaker(null),
      changesInstruments: this.swarm.instruments,
      isStrict: this.isStrict,
      symbols: this.swarm.symbols,
      listsLater: this.swarm.listings && !this.isVenueFaulty && !this.isStrict,
      lookCount: () => this.auditor.lookCount,
      nextId: () => this.id(),
      onViolation: (what) => {
        this.#violation ??= new Violation(what);
      },
    });
    this.streams = KEYS.map((key) => this.#streamOf(key, [key.account]));
    this.markets = this.isStrict ? [] : [5, 50].map((levels) => this.#marketOf(levels));
    this.browser = this.swarm.signIns ? this.#browser() : null;
    this.#askers = [
      ...(this.swarm.asks ? [this.#asker()] : []),
      ...(this.swarm.inspections ? [this.#inspector()] : []),
      ...(this.browser === null ? [] : [this.browser]),
    ];
    const count = random.between(2, 5);
    const trader = (index: number, kind: string) => {
      const at = index % KEYS.length;
      const stream = this.streams[at] as StreamClient;
      return this.#traderOf(`${kind} ${index}`, KEYS[at] as Key, stream);
    };
    this.traders = Array.from({ length: count }, (_, index) => trader(index, "trader"));
    this.callers = KEYS.map((_, index) => trader(index, "caller"));
  }

  /** Signed receipts are off in some seeds, and asked for all the same. */
  #receiptKeyFile(): string {
    const random = new Random(this.world.seed, "receipts");
    if (random.chance(0.3)) return "off";
    const seedBytes = new Uint8Array(32);
    random.bytes(seedBytes);
    const { disk } = this.world;
    disk.keep(RECEIPT_KEY_FILE, Buffer.from(this.auditor.history.receipts.signWith(seedBytes)));
    return RECEIPT_KEY_FILE;
  }

  /** Some seeds have limits and budgets: the settings. */
  #chooseLimits(): Record<string, string> {
    const random = new Random(this.world.seed, "limits");
    if (this.isVenueFaulty || this.isStrict || random.chance(0.5)) return {};
    const { history } = this.auditor;
    const [account, key] = [chooseRow(random), random.chance(0.5) ? chooseRow(random) : {}];
    history.limits.set({ account, key });
    this.#hasLimits = true;
    const places = random.chance(0.5) ? random.pick([5, 10, 30]) : null;
    if (places !== null) history.budgets.set(places, BUDGET_FILL_S);
    return {
      ...rowSettings("ACCOUNT", account),
      ...rowSettings("KEY", key),
      ...(places !== null && {
        COUNTERMAND_BUDGET_PLACES: String(places),
        COUNTERMAND_BUDGET_FILL_SECONDS: String(BUDGET_FILL_S),
      }),
    };
  }

  /** The settings are read anew while it runs, with other limits in them. */
  reload(): void {
    if (!this.#hasLimits || !this.swarm.reloads || this.node === null) return;
    this.fault("reload");
    const [account, key] = [chooseRow(this.random), chooseRow(this.random)];
    const isOfLimit = (name: string) => /^COUNTERMAND_(ACCOUNT|KEY)_/.test(name);
    const others = Object.entries(this.options.environment).filter(([name]) => !isOfLimit(name));
    const rows = { ...rowSettings("ACCOUNT", account), ...rowSettings("KEY", key) };
    this.options.environment = { ...Object.fromEntries(others), ...rows };
    this.auditor.history.limits.set({ account, key });
    this.node.reload(this.options);
  }

  // --- clients ---

  /** One for a portfolio of an account, with who trades by it, and one that sees all streams. */
  async makeKeys(): Promise<void> {
    if (!this.#hasOwnKeys) return;
    const [first] = KEYS;
    const accounts = KEYS.map(({ account }) => account);
    const own = { accounts: [first?.account ?? ""], permissions: ["trade"], portfolios: ["p1"] };
    const [portfolioKey, dropCopy] = await this.done("operators are answered", async () => [
      await this.operator.makeKey({ ...own, ...this.#expiry() }, this.swarm.signatures),
      await this.operator.makeKey({ accounts, permissions: ["read"], ...this.#expiry() }),
    ]);
    if (portfolioKey === undefined || dropCopy === undefined) return;
    this.portfolioKey = portfolioKey;
    this.ownKeys.push(portfolioKey, dropCopy);
    const stream = this.#streamOf(portfolioKey, own.accounts);
    this.streams.push(stream, this.#streamOf(dropCopy, accounts));
    this.traders.push(this.#traderOf("portfolio", portfolioKey, stream));
  }

  #expiry() {
    if (!this.swarm.expiries || this.random.chance(0.5)) return {};
    return { expires_at: this.world.scheduler.wallMs + this.random.pick(EXPIRY_MS) };
  }

  /** Whoever an account was opened for. */
  #welcome(key: Key): void {
    const stream = this.#streamOf(key, [key.account]);
    this.streams.push(stream);
    this.callers.push(this.#traderOf(`caller of ${key.account}`, key, stream));
    const trader = this.#traderOf(`trader of ${key.account}`, key, stream);
    this.traders.push(trader);
    if (this.#isGoingOn) trader.rounds.start();
  }

  /** In seeds with sessions: goes to the morning before one, and lets the clock stand still. */
  async openDay(): Promise<void> {
    if (!this.isStrict) return;
    const ms = untilTradingMs(this.home, this.world.scheduler.wallMs) - 65 * 60_000;
    await this.performed(this.callers[0] as Trader, { kind: "clock", advanceMs: ms, stands: true });
  }

  /** Until every market takes cancels again. */
  async leaveWindow(): Promise<void> {
    const { hours } = this.auditor.history;
    if (!this.isStrict || mayCancel("hkex", hours.atMs)) return;
    let advanceMs = 0;
    while (!mayCancel("hkex", hours.atMs + advanceMs)) advanceMs += 60_000;
    await this.performed(this.callers[0] as Trader, { kind: "clock", advanceMs });
  }

  /** The next day, while there is trading: everything can be cancelled. */
  async nextDay(): Promise<void> {
    if (!this.isStrict) return;
    const { hours, witnessed } = this.auditor.history;
    const advanceMs = untilTradingMs(this.home, hours.atMs);
    await this.performed(this.callers[0] as Trader, { kind: "clock", advanceMs });
    this.look();
    witnessed?.requireNoneOutlived(hours.atMs);
  }

  /** What comes of it, in its time. */
  async done<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    let result: Result | null = null;
    void act().then((value) => {
      result = value;
    });
    await this.waitFor(what, () => result !== null);
    return result as Result;
  }

  /** A drop copy takes no commands, and its loss cancels nothing. */
  #streamOf(key: Key, accounts: readonly string[], start?: StreamStart): StreamClient {
    const hasCommands = accounts.length === 1 && start === undefined;
    const mayGuard = hasCommands && this.hasNets;
    const graceS = mayGuard && this.random.chance(0.6) ? 1 : null;
    const stream = new StreamClient({
      world: this.world,
      port: PORT,
      key,
      accounts,
      hasCommands,
      graceS,
      nextTimestamp: () => this.#timestamp(key),
      mayBeOver: (secretNo, atMs) => {
        return this.auditor.keyEnds.mayBeOver({ apiKey: key.apiKey, secretNo }, atMs);
      },
      ...(start !== undefined && { start }),
      earliestSeq: (account) => this.auditor.history.earliestSeq(account),
      toldSeq: (account) => this.#toldSeqs.get(account) ?? 0,
      onPush: (push) => {
        this.#told(push);
        this.auditor.pushed(push);
      },
      onSnapshot: (snapshot) => {
        this.#told(snapshot);
        this.auditor.shown(snapshot);
      },
      onViolation: (what) => {
        this.#violation ??= new Violation(what);
      },
    });
    if (graceS !== null) this.auditor.history.guarded.set(key.apiKey, () => stream.openSinceMs);
    return stream;
  }

  #told({ account, seq }: Pick<Push, "account" | "seq">): void {
    this.#toldSeqs.set(account, Math.max(seq, this.#toldSeqs.get(account) ?? 0));
  }

  /** Somebody reads along for a while; whoever came long ago goes. */
  visit(): void {
    const stream = this.random.pick(this.streams);
    const [account = ""] = stream.accounts;
    const isOfOne = stream.accounts.length === 1;
    const afterSeq = isOfOne ? this.random.between(0, this.auditor.lastSeqOf(account)) : 0;
    const start = this.random.chance(0.5) ? ("snapshot" as const) : { afterSeq };
    const visitor = this.#streamOf(stream.key, stream.accounts, start);
    visitor.isFaulty = stream.isFaulty;
    this.visitors.push(visitor);
    if (this.visitors.length > VISITORS_MAX) this.visitors.shift()?.leave();
    visitor.connect();
  }

  #marketOf(levels: number): MarketClient {
    return new MarketClient({
      world: this.world,
      port: PORT,
      levels,
      onShown: (shown) => this.auditor.model.market.show(shown),
      onViolation: (what) => {
        this.#violation ??= new Violation(what);
      },
    });
  }

  #asker(): MarketAsker {
    return new MarketAsker({
      world: this.world,
      random: new Random(this.world.seed, "market asker"),
      port: PORT,
      asking: (question) => this.auditor.history.marketAnswers.asking(question),
    });
  }

  #inspector(): Inspector {
    const { history } = this.auditor;
    return new Inspector({
      world: this.world,
      random: new Random(this.world.seed, "inspector"),
      accounts: () => history.accounts.all,
      apiKeys: () => [...history.control.keys.keys()],
      asking: (inspection) => history.inspections.asking(inspection),
    });
  }

  #browser(): Browser {
    const { history } = this.auditor;
    return new Browser({
      world: this.world,
      random: new Random(this.world.seed, "browser"),
      ports: { trader: PORT, operator: OPERATOR_PORT },
      signIns: history.signIns,
      nextCode: () => this.#codes.shift(),
      asking: (key) => this.#pageOf(key),
      onSeen: (what) => history.count(what),
      onViolation: (what) => {
        this.#violation ??= new Violation(what);
      },
    });
  }

  /** What a page looks at, which is what its holder may see. */
  #pageOf(key: Key | null): PageAsked {
    const { history } = this.auditor;
    const size = 100;
    if (key === null) {
      const path = `/operator/v1/accounts?page_index=1&page_size=${size}`;
      return { path, answered: history.inspections.asking({ of: "accounts", page: 1, size }) };
    }
    if (key.portfolios !== undefined) return { path: "/trade/v1/restrictions", answered: () => {} };
    const { account } = key;
    const knownSeq = this.auditor.lastSeqOf(account);
    const asked = { account, state: "all", page: 1, size, knownSeq } as const;
    const path = `/trade/v1/orders?page_index=1&page_size=${size}`;
    return { path, answered: (text) => text !== null && history.lists.told(asked, text) };
  }

  #codeTaker(key: Key | null): ((code: string, askedAtMs: number) => void) | null {
    if (!this.swarm.signIns) return null;
    return (code, askedAtMs) => {
      const { nowMs, life } = this.world;
      // Which process made it is not known for sure behind a start.
      const isOfThisOne = nowMs - this.upSinceMs > CODE_TRAVELS_MS;
      if (isOfThisOne) this.#codes.push({ key, code, askedAtMs, life, use: "no" });
    };
  }

  #traderOf(name: string, key: Key, stream: StreamClient): Trader {
    const random = this.random;
    const portfolios = key.portfolios === undefined ? ["", ...PORTFOLIOS] : ["p1", "p1", "p1", ""];
    return new Trader({
      world: this.world,
      random: new Random(this.world.seed, name),
      auditor: this.auditor,
      key,
      port: PORT,
      nextTimestamp: () => this.#timestamp(key),
      nextId: () => this.id(),
      stream,
      heard: this.#heard,
      portfolios: this.#hasOwnKeys ? portfolios : [""],
      thinkMs: random.pick([0.5, 3, 15]),
      cutPercent: random.pick([0, 2, 10]),
      isVenueFaulty: this.isVenueFaulty,
      hasNets: this.hasNets,
      isStrict: this.isStrict,
      home: this.home,
      symbols: this.swarm.symbols,
      listings: this.swarm.listings,
      pipelines: this.swarm.pipelines,
      conditions: this.swarm.conditions,
      resting: this.#restingOf(name),
      filters: this.swarm.filters,
      previews: this.swarm.previews,
      looks: this.swarm.looks,
      usesFormer: this.swarm.rotations,
      forms: this.swarm.forms ? new Random(this.world.seed, `forms ${name}`) : null,
      receipts: this.swarm.receipts,
      onCode: this.#codeTaker(key),
      forges: this.swarm.signatures && !name.startsWith("caller"),
      onFault: (fault) => {
        this.auditor.history.faulty.add(key.account);
        this.fault(`venue ${fault}`);
        if (!fault.endsWith("_frame")) return;
        for (const each of [stream, ...this.visitors]) each.isFaulty = true;
      },
    });
  }

  /** The journal has only the end of its history. */
  get isCut(): boolean {
    return this.auditor.history.cutSeq > 0;
  }

  id(): string {
    const id = `r${this.#nextId}`;
    this.#nextId += 1;
    return id;
  }

  #restingOf(name: string): Random | null {
    if (!this.swarm.resting) return null;
    const stream = this.isVenueFaulty ? "rests late" : "resting";
    return new Random(this.world.seed, `${stream} ${name}`);
  }

  /** Two requests that are meant to be two need two timestamps. */
  #timestamp(key: Key): number {
    const used = this.#timestamps.get(key.apiKey) ?? new Set();
    this.#timestamps.set(key.apiKey, used);
    let timestamp = this.world.scheduler.wallMs;
    while (used.has(timestamp)) timestamp += 1;
    used.add(timestamp);
    return timestamp;
  }

  /** Who does one thing after another. */
  get #busy(): readonly { readonly rounds: Rounds }[] {
    return [...this.traders, ...this.#askers];
  }

  goOn(): void {
    this.#isGoingOn = true;
    this.keepStreams();
    for (const { rounds } of this.#busy) rounds.start();
  }

  /** Nobody begins anything new. */
  stopTraders(): void {
    this.#isGoingOn = false;
    for (const { rounds } of this.#busy) rounds.stop();
  }

  /** An operator acts, beside whatever else happens. */
  operate(): void {
    this.fault("operator");
    this.operator.start();
  }

  // --- time ---

  async runFor(ms: number, lookEveryMs = LOOK_EVERY_MS): Promise<void> {
    const untilMs = this.world.nowMs + ms;
    while (this.world.nowMs < untilMs && this.isUp) {
      const stepMs = Math.min(untilMs, this.world.nowMs + lookEveryMs);
      await this.world.scheduler.runUntil(() => !this.isUp, stepMs);
      this.look();
      this.keepStreams();
    }
  }

  get isUp(): boolean {
    return this.node !== null && !this.node.life.isOver;
  }

  /** The product throws where nobody catches it. */
  crashed(error: Error): void {
    this.#violation ??= new Violation(`it stopped by itself: ${error.stack}`);
  }

  look(): void {
    if (this.#violation !== null) throw this.#violation;
    const fatal = this.node?.fatal ?? null;
    if (fatal !== null && !this.mayExit)
      throw new Violation(`it stopped by itself: ${fatal.stack}`);
    if (!this.isUp) return;
    this.auditor.look();
    // What is due happens, and nobody is told of it.
    if (this.world.isSilent) return;
    this.#requireKeys();
    const { nowMs, scheduler } = this.world;
    if (nowMs - this.upSinceMs < SWITCH_LATE_MS || this.auditor.history.hasJumped) return;
    const overdue = this.auditor.history.switches.overdue(scheduler.wallMs - SWITCH_LATE_MS);
    promised(overdue === null, `a switch has not fired: ${overdue}`);
  }

  /** What a key has opened ends with it. */
  #requireKeys(): void {
    for (const stream of [...this.streams, ...this.visitors]) {
      const { apiKey } = stream.key;
      const overMs = stream.isOpen && stream.isReading ? this.auditor.keyEnds.overForMs(apiKey) : 0;
      promised(
        overMs < KEY_END_LATE_MS,
        `a stream of ${apiKey} is open ${overMs} ms after its end`,
      );
    }
  }

  /** A reader that lost its stream comes back for the rest. */
  keepStreams(): void {
    for (const stream of [...this.streams, ...this.visitors, ...this.markets]) stream.connect();
  }

  async comeBack(end: "killed" | "powerCut"): Promise<void> {
    endOfProcess(this.world, end);
    // Connections that were lost are noticed, in their time.
    await this.world.scheduler.runUntil(() => false, this.world.nowMs + this.random.between(0, 50));
    for (let attempt = 0; attempt < 3 && this.random.chance(0.2); attempt += 1) {
      await this.#dieWhileStarting();
    }
    await this.startGateway();
  }

  async #dieWhileStarting(): Promise<void> {
    const { disk } = this.world;
    this.fault("diedWhileStarting");
    disk.onCrash = () => this.world.endLife();
    disk.crashAt = disk.operationCount + this.random.between(1, 60);
    const node = await GatewayLife.start(this.world, this.options);
    disk.crashAt = Number.POSITIVE_INFINITY;
    if (node !== null && "refused" in node) {
      // The disk failed under it: it says so, and does not start.
      promised(disk.lastErrorCode === "EIO", `refused to start: ${node.refused.message}`);
    } else if (node !== null) {
      node.kill();
    }
    endOfProcess(this.world, this.random.chance(0.5) ? "powerCut" : "killed");
  }

  async startGateway(): Promise<void> {
    this.auditor.history.beginLife();
    const node = await GatewayLife.start(this.world, this.options);
    if (node === null) throw new Violation("the gateway died while it started, and nothing failed");
    if ("refused" in node) throw new Violation(`it does not start: ${node.refused.stack}`);
    this.node = node;
    this.upSinceMs = this.world.nowMs;
    this.world.tell("gateway is up");
    this.look();
  }

  async waitFor(what: string, isSo: () => boolean): Promise<void> {
    const untilMs = this.world.nowMs + SETTLE_MS;
    while (!isSo()) {
      promised(this.world.nowMs < untilMs, `not within ${SETTLE_MS} ms: ${what}`);
      await this.runFor(LOOK_EVERY_MS);
      if (!this.isUp) await this.comeBack("killed");
    }
  }

  async ask(trader: Trader, command: Request["command"]): Promise<Envelope> {
    const answer = await this.performed(trader, command);
    return JSON.parse(answer.answers.at(-1)?.text ?? "{}") as Envelope;
  }

  async performed(trader: Trader, command: Request["command"]): Promise<Request> {
    let done: Request | null = null;
    let isOver = false;
    void trader.perform(command).then((request) => {
      done = request;
      isOver = true;
    });
    await this.waitFor("a request is answered", () => isOver);
    promised(done !== null, "a request is answered in time");
    return done;
  }

  // --- what is needed everywhere ---

  fault(kind: string): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
    this.world.tell(`fault: ${kind}`);
    if (/disk|Error/.test(kind)) this.auditor.history.signIns.diskFailedIn = this.world.life;
    if (!/archive|disk|Error/.test(kind)) return;
    this.auditor.history.receipts.archiveFailed(this.world.nowMs);
  }
}

/** Milliseconds in which an answer of a process that has ended may still come. */
const CODE_TRAVELS_MS = 50;
/** Not among the files that the gateway makes. */
export const RECEIPT_KEY_FILE = `${SIM_ROOT}/receipt-key.pem`;
/** Milliseconds after its time by which a dead-man's switch has fired, and its event is durable. */
const SWITCH_LATE_MS = 1_500;
/** Milliseconds after which a key expires that does: soon, or not in any story. */
export const EXPIRY_MS = [100, 600, 1_500, 30 * 86_400_000] as const;
/** Milliseconds in which the streams of a key that has ended have closed. */
const KEY_END_LATE_MS = 3_000;
/** Seconds in which a budget fills. */
const BUDGET_FILL_S = 10;
/** Readers beside those that stay. */
const VISITORS_MAX = 3;
/** Milliseconds between two looks of the auditor. */
const LOOK_EVERY_MS = 50;
/** Milliseconds in which everything comes to rest. */
const SETTLE_MS = 60_000;
