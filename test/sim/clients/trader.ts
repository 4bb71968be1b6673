/**
 * A simulated client: makes up requests, sends them over HTTP or its socket, and sends the same
 * bytes again until it is answered, whatever becomes of its connection and of the gateway.
 */
import type { Envelope } from "../oracle/answers.ts";
import type { Auditor } from "../oracle/auditor.ts";
import { INSTRUMENTS, instrumentOf, LISTED, ONE } from "../oracle/money.ts";
import type { Condition, OrderType, Terms } from "../oracle/orders.ts";
import { phasesAt } from "../oracle/sessions.ts";
import type { StatementKind } from "../oracle/statements.ts";
import { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type CancelAll, formed, type OrderName } from "./forms.ts";
import {
  CANCEL_ALL_SYMBOLS,
  FAULTS,
  HONG_KONG_TYPES,
  KINDS,
  NETLESS_KINDS,
  ODD_LOT_TYPES,
  ORDER_TYPES,
  PREVIEWED,
  REFUSED,
  STATEMENT_FIELDS,
  STRICT_KINDS,
  TIMES_IN_FORCE,
} from "./habits.ts";
import { HttpClient } from "./http-client.ts";
import {
  type Command,
  type Estimate,
  httpRequest,
  type Key,
  type ListFilter,
  type Placing,
  type Request,
  socketRequest,
} from "./requests.ts";
import { Rounds } from "./rounds.ts";
import type { StreamClient } from "./stream-client.ts";
import { type Home, strictPrice, strictTerms } from "./strict-orders.ts";

export interface TraderOptions {
  readonly world: World;
  readonly random: Random;
  readonly auditor: Auditor;
  readonly key: Key;
  readonly port: number;
  readonly nextTimestamp: () => number;
  readonly nextId: () => string;
  /** Its account's stream, on which it may send commands as well. */
  readonly stream: StreamClient;
  /** Milliseconds between two requests, about. */
  readonly thinkMs: number;
  /** How many of a hundred of its connections it cuts while it waits. */
  readonly cutPercent: number;
  /** Whether it asks for faults of the venue. */
  readonly isVenueFaulty: boolean;
  /** Whether it asks for safety nets. */
  readonly hasNets: boolean;
  /** Whether there are sessions and auctions: then it also sets the clock on. */
  readonly isStrict: boolean;
  /** Whether it trades in what an operator lists. */
  readonly listings: boolean;
  /** What it trades in where there are none. */
  readonly symbols: readonly string[];
  /** Which market's sessions it trades in then. */
  readonly home: Home;
  /** Whether it now and then sends several requests before the first is answered. */
  readonly pipelines: boolean;
  /** Whether it says when it does not want a cancel or an amend any more. */
  readonly conditions: boolean;
  /** Says which orders and amends are only to rest; null: none. */
  readonly resting: Random | null;
  /** What chooses among the forms of its cancels; null: it has one for each. */
  readonly forms: Random | null;
  /** Whether it asks for receipts of cancels. */
  readonly receipts: boolean;
  /** Whether it now and then signs something else than it sends. */
  readonly forges: boolean;
  /** Whether it now and then signs by the secret that its key had before. */
  readonly usesFormer: boolean;
  /** Whether it asks for parts of lists. */
  readonly filters: boolean;
  /** Whether it asks what would come of orders, amends and cancels. */
  readonly previews: boolean;
  /** Whether it looks at its switches, at restrictions and at what it could trade. */
  readonly looks: boolean;
  /** Told of each code that lets a browser in; null: it asks for none. */
  readonly onCode: ((code: string, askedAtMs: number) => void) | null;
  /** Numbers of orders that anybody placed: it tries its hand at those of others. */
  readonly heard: Heard[];
  /** What its orders are in. */
  readonly portfolios: readonly string[];
  /** Before a request for faults is sent. */
  readonly onFault: (fault: string) => void;
}

export interface Heard {
  readonly orderNo: string;
  readonly symbol: string;
  readonly account: string;
  /** "" for none. */
  readonly reference: string;
}

/** The portfolios of seeds that have some. */
export const PORTFOLIOS = ["p1", "p2"] as const;

const CENT = ONE / 100n;
const CANCELED_KEPT = 40;

export class Trader {
  readonly #options: TraderOptions;
  readonly #http: HttpClient;
  /** Those that it placed, as far as it knows. */
  readonly #known: Heard[] = [];
  #references = 0;
  readonly #lists: Random;
  readonly #times: Random;
  readonly rounds: Rounds;
  requestCount = 0;
  retryCount = 0;

  constructor(options: TraderOptions) {
    this.#options = options;
    const { key, port, random, thinkMs, world } = options;
    this.#http = new HttpClient(world, port);
    this.#lists = new Random(world.seed, `open or closed ${key.apiKey}`);
    this.#times = new Random(world.seed, `times of lists ${key.apiKey}`);
    this.rounds = new Rounds({
      world,
      pauseMs: () => random.fraction() * 2 * thinkMs,
      act: () => this.#round(),
    });
  }

  get key(): Key {
    return this.#options.key;
  }

  /** One request, or several before the first is answered. */
  async #round(): Promise<void> {
    const { random } = this.#options;
    const isPiped = this.#options.pipelines && random.chance(0.15);
    const count = isPiped ? random.between(2, 4) : 1;
    await Promise.all(Array.from({ length: count }, () => this.perform(this.#formed())));
  }

  /** Sends it until it is answered; null when its time ran out. */
  async perform(command: Command): Promise<Request | null> {
    const { cutPercent, random } = this.#options;
    const request = this.#request(command);
    this.requestCount += 1;
    if (request.channel === "http" && random.chance(0.05)) this.#sendBeside(request);
    for (let attempt = 0; ; attempt += 1) {
      if (this.#isTooOld(request)) return null;
      if (attempt > 0) this.retryCount += 1;
      if (random.chance(cutPercent / 100)) this.#cutSoon();
      const isAnswered = await this.#send(request);
      const last = request.answers.at(-1);
      if (isAnswered && last !== undefined && !this.#triesAgain(last.text)) break;
      await this.#options.world.sleep(5 + random.fraction() * 60);
    }
    this.#learn(request);
    await this.#lookWhy(request);
    // Now and then it did not believe its eyes.
    if (random.chance(0.08) && !this.#isTooOld(request)) await this.#send(request);
    return request;
  }

  /**
   * The same bytes once more, until what is remembered of them can be told. A command goes to the
   * trader's own stream, if that is not over: an id is its key's.
   */
  async repeat(request: Request): Promise<void> {
    let isTold = false;
    while (!isTold && (request.channel === "http" || !this.#isTooOld(request))) {
      await this.#options.world.sleep(20);
      const isAnswered = await this.#send(request);
      isTold = isAnswered && request.answers.at(-1)?.text.includes('"unavailable"') === false;
    }
  }

  /** Whoever is too fast does something else, mostly. */
  #triesAgain(text: string): boolean {
    const isTooFast = text.includes('"reason":"rate_limited"');
    if (isTooFast && this.#options.random.chance(0.7)) return false;
    // The hour may not come by itself.
    if (/"reason":"(window_closed|market_closed|\w+_not_in_session)"/.test(text)) return false;
    return text.includes('"retryable":true') && !text.includes('"data"');
  }

  /** Sent again it might be done again: what is remembered of it is remembered for so long. */
  #isTooOld({ channel, sentAtMs, sentWallMs }: Request): boolean {
    const { stream, world } = this.#options;
    const isForgotten = world.scheduler.wallMs - sentWallMs > COMMAND_MEMORY_MS;
    const isLost = isForgotten || stream.isEnded;
    return world.nowMs - sentAtMs > GIVE_UP_MS || (channel === "socket" && isLost);
  }

  #send(request: Request): Promise<boolean> {
    const { stream } = this.#options;
    if (request.channel === "http") return this.#noted(request, this.#http);
    stream.connect();
    return this.#noted(request, stream);
  }

  /** The auditor knows for how long it may be decided. */
  async #noted(request: Request, way: HttpClient | StreamClient): Promise<boolean> {
    const { auditor } = this.#options;
    request.underWay += 1;
    auditor.sent(request);
    const isAnswered = await way.send(request);
    request.underWay -= 1;
    if (isAnswered && request.underWay === 0) auditor.over(request);
    return isAnswered;
  }

  /** The same bytes on another connection, at the same time. */
  #sendBeside(request: Request): void {
    const { port, world } = this.#options;
    const other = new HttpClient(world, port);
    void this.#noted(request, other).then(() => other.cut());
  }

  #cutSoon(): void {
    const { random, world } = this.#options;
    world.scheduler.after(random.fraction() * 3, null, () => this.#http.cut());
  }

  #request(command: Command): Request {
    const { forges, key, nextId, nextTimestamp, random, stream, usesFormer, world } = this.#options;
    const id = nextId();
    const canTravel = OF_SOCKETS.has(command.kind);
    const channel = canTravel && stream.isOpen && random.chance(0.4) ? "socket" : "http";
    const isForged = channel === "http" && forges && random.chance(0.04);
    const isByFormer = channel === "http" && usesFormer && random.chance(0.2);
    const signer = isByFormer ? (key.former ?? key) : key;
    const { secretNo } = signer;
    const signed =
      channel === "http"
        ? httpRequest(id, signer, command, { timestamp: nextTimestamp(), isForged })
        : socketRequest(id, key, command);
    world.tell(`${id} ${channel} ${key.account} ${describe(command)}`);
    return {
      id,
      key,
      channel,
      command,
      ...signed,
      isForged,
      secretNo,
      sentAtMs: world.nowMs,
      sentWallMs: world.scheduler.wallMs,
      knownSeq: stream.seq,
      answers: [],
      underWay: 0,
    };
  }

  /** Whoever is kept out looks at what is held back, mostly. */
  async #lookWhy({ answers }: Request): Promise<void> {
    const { looks, random } = this.#options;
    const isKeptOut = /"reason":"(blocked|market_halted|instrument_halted|dead_man_blocked)"/.test(
      answers.at(-1)?.text ?? "",
    );
    if (!looks || !isKeptOut || random.chance(0.3)) return;
    await this.perform({ kind: random.pick(["restrictions", "restrictions", "deadMans"]) });
  }

  #learn({ command, answers, sentAtMs }: Request): void {
    if (command.kind === "signIn") {
      const { code, data } = JSON.parse(answers.at(-1)?.text ?? "{}") as Envelope;
      const { sign_in_code: told = "" } = (data ?? {}) as { readonly sign_in_code?: string };
      if (code === 0) this.#options.onCode?.(told, sentAtMs);
    }
    if (command.kind !== "place") return;
    const envelope = JSON.parse(answers.at(-1)?.text ?? "{}") as {
      code: number;
      data?: { order_no: string } | { order_no: string }[];
    };
    if (envelope.code !== 0) return;
    const rows = Array.isArray(envelope.data) ? envelope.data : [envelope.data];
    for (const [index, placing] of command.orders.entries()) {
      const orderNo = rows[index]?.order_no ?? "";
      if (orderNo === "" || placing.terms === undefined) continue;
      const { reference_id: reference, symbol } = placing.terms;
      const heard = { orderNo, symbol, account: this.key.account, reference };
      this.#known.push(heard);
      this.#options.heard.push(heard);
      if (this.#known.length > CANCELED_KEPT) this.#known.shift();
    }
  }

  // --- what it makes up ---

  #formed(): Command {
    const { forms } = this.#options;
    const command = this.#command();
    if (forms === null || (command.kind !== "cancel" && command.kind !== "cancelAll")) {
      return command;
    }
    return formed(command.kind === "cancel" ? command : this.#narrowed(command, forms), forms);
  }

  /** Of few orders, mostly, and perhaps only to see which they are. */
  #narrowed({ filter }: CancelAll, random: Random): CancelAll {
    const { portfolios } = this.#options;
    const isPreview = random.chance(0.4);
    const known = this.#known.at(-1)?.reference ?? "";
    const maybe = <Value>(name: string, value: Value) => random.chance(0.2) && { [name]: value };
    const ages = { ...maybe("older_than", random.pick([0, 1, 1, 2, 3_600])) };
    const narrower = {
      ...filter,
      ...maybe("market", random.pick(["usex", "nasdaq", "hkex", "crypto"])),
      ...maybe("portfolio_id", random.pick(portfolios)),
      ...maybe("order_type", random.pick(["limit_order", "limit_order", "stop_limit_order"])),
      ...maybe("reference_id_prefix", known.slice(0, random.between(1, known.length))),
      // How old an order is changes while nothing happens.
      ...(!isPreview && ages),
    };
    return { kind: "cancelAll", filter: narrower, isPreview };
  }

  #command(): Command {
    const { forms, hasNets, isStrict, isVenueFaulty, looks, previews, random } = this.#options;
    const kinds = { ...KINDS, ...(isStrict && STRICT_KINDS), ...(!hasNets && NETLESS_KINDS) };
    const asked = {
      fault: isVenueFaulty ? 4 : 0,
      faults: isVenueFaulty ? 1 : 0,
      clearFaults: isVenueFaulty ? 0.7 : 0,
      preview: previews ? 6 : 0,
      ...(hasNets && forms !== null && { cancelAll: 2 }),
      signIn: this.#options.onCode === null ? 0 : 1.5,
      deadMans: looks ? 1.5 : 0,
      restrictions: looks ? 1.5 : 0,
      // What the rules say of ticks and lots then depends on the price.
      estimate: looks && !isStrict ? 2 : 0,
    };
    const kind = random.weighted({ ...kinds, ...asked });
    if (isStrict && (kind === "clock" || this.#isShut())) return this.#strictClock();
    if (kind === "orders") return this.#listCommand();
    if (kind === "executions" || kind === "transactions") return this.#statementCommand(kind);
    if (kind === "balance" || kind === "time") return { kind };
    if (kind === "faults" || kind === "clearFaults" || kind === "signIn") return { kind };
    if (kind === "deadMans" || kind === "restrictions") return { kind };
    if (kind === "estimate") return this.#estimateCommand();
    if (kind === "cancelAll") return this.#cancelAllCommand();
    if (kind === "deadMan") return this.#deadManCommand();
    if (kind === "fault") return this.#faultCommand();
    if (kind === "clock") return { kind, advanceMs: random.between(1, 40) * 3_600_000 };
    if (kind === "preview") return this.#previewCommand();
    if (kind === "place" || this.#known.length === 0) return this.#placeCommand();
    if (kind === "amend") return this.#amendCommand();
    const isBatch = random.chance(0.3);
    const count = isBatch ? random.between(1, 5) : 1;
    const names = Array.from({ length: count }, () => this.#name());
    const receipt = this.#options.receipts && random.chance(0.4);
    return { kind: "cancel", names: this.#conditional(names), isBatch, receipt };
  }

  #placeCommand(): Command {
    const { random } = this.#options;
    const isBatch = random.chance(0.25);
    const count = isBatch ? random.between(1, 5) : 1;
    return { kind: "place", orders: Array.from({ length: count }, () => this.#placing()), isBatch };
  }

  #previewCommand(): Command {
    const { random } = this.#options;
    const kind = this.#known.length === 0 ? "place" : random.weighted(PREVIEWED);
    if (kind === "place") {
      return { kind: "preview", of: { kind, orders: [this.#placing()], isBatch: false } };
    }
    if (kind === "amend") return { kind: "preview", of: this.#amendCommand() };
    const names = this.#conditional([this.#name()]);
    return { kind: "preview", of: { kind, names, isBatch: false } };
  }

  #placing(): Placing {
    const { random } = this.#options;
    if (this.#options.isStrict) {
      return { terms: strictTerms(random, this.#nextReference(), this.#options.home) };
    }
    if (random.chance(0.04)) return this.#refusedPlacing();
    const symbolOf = () => random.pick(this.#options.symbols);
    const { symbol, market } = this.#choosesLater() ? LISTED : instrumentOf(symbolOf());
    if (market === "hkex") return this.#perhapsResting(this.#hongKongTerms(symbol));
    const orderType: OrderType = random.weighted(ORDER_TYPES);
    const isPriced = orderType === "limit_order" || orderType === "stop_limit_order";
    const isStop = orderType === "stop_limit_order" || orderType === "stop_market_order";
    const isFar = this.#options.symbols.includes("00700");
    const terms: Terms = {
      market: isFar && market === "usex" && random.chance(0.5) ? "nasdaq" : market,
      symbol,
      order_type: orderType,
      order_side: random.pick(["buy", "sell"] as const),
      time_in_force: random.weighted(TIMES_IN_FORCE[orderType]),
      price: isPriced ? this.#price(symbol) : 0n,
      trigger_price: isStop ? this.#price(symbol) : 0n,
      qty: BigInt(random.between(1, 9)) * (symbol === LISTED.symbol ? 5n : 1n) * ONE,
      reference_id: random.chance(0.5) ? this.#nextReference() : "",
      portfolio_id: random.pick(this.#options.portfolios),
    };
    return this.#perhapsResting(terms);
  }

  /** With a name of its own: what else has these terms is another one. */
  #perhapsResting(terms: Terms): Placing {
    const { resting } = this.#options;
    const mayRest = RESTING.has(terms.order_type) && /day|gtc/.test(terms.time_in_force);
    if (resting === null || !mayRest || resting.chance(0.6)) return { terms };
    return { terms: { ...terms, reference_id: this.#nextReference() }, onlyIfResting: true };
  }

  /** Once it may be listed, and now and then before. */
  #choosesLater(): boolean {
    const { auditor, listings, random } = this.#options;
    if (!listings) return false;
    return random.chance(auditor.history.instruments.mayBeListed ? 0.35 : 0.02);
  }

  /** Of whole lots, less than one, and now and then of neither. */
  #hongKongTerms(symbol: string): Terms {
    const { portfolios, random } = this.#options;
    const isOdd = random.chance(0.3);
    const type: OrderType = random.weighted(isOdd ? ODD_LOT_TYPES : HONG_KONG_TYPES);
    const price = () => CENT * BigInt(random.between(40_000, 40_014));
    const lots = BigInt(random.between(1, 9)) * 100n * ONE;
    const odd = random.pick([1n, 2n, 3n, 20n, 99n, 150n]) * ONE + (random.chance(0.02) ? CENT : 0n);
    return {
      market: "hkex",
      symbol,
      order_type: type,
      order_side: random.pick(["buy", "sell"] as const),
      time_in_force: random.weighted(TIMES_IN_FORCE[type]),
      price: type.endsWith("limit_order") ? price() : 0n,
      trigger_price: type.startsWith("stop_") ? price() : 0n,
      qty: isOdd ? odd : lots,
      reference_id: random.chance(0.5) ? this.#nextReference() : "",
      portfolio_id: random.pick(portfolios),
    };
  }

  #nextReference(): string {
    this.#references += 1;
    return `${this.#options.nextId()}-${this.#references}`;
  }

  /** Nobody waits for long where nothing is taken. */
  #isShut(): boolean {
    const { auditor, home, random } = this.#options;
    const phases = phasesAt(home, auditor.history.hours.atMs);
    return phases.includes("closed") && random.chance(0.05);
  }

  /** To the next session, or a little further in this one. */
  #strictClock(): Command {
    const { home, random } = this.#options;
    if (random.chance(0.3)) return { kind: "clock", advanceMs: random.between(1, 300_000) };
    return { kind: "clock", advanceMs: null, ...(random.chance(0.8) && { market: home }) };
  }

  #refusedPlacing(): Placing {
    const { key, random } = this.#options;
    const { body, refused } = random.pick(REFUSED);
    const [portfolio] = key.portfolios ?? [];
    return {
      body: { ...body, ...(portfolio !== undefined && { portfolio_id: portfolio }) },
      refused,
    };
  }

  /** Prices lie so close together that most orders trade, and within the collar of a market buy. */
  #price(symbol: string): bigint {
    const { random } = this.#options;
    if (symbol === "00700") {
      if (this.#options.isStrict) return strictPrice(random);
      return CENT * BigInt(random.between(40_000, 40_014));
    }
    if (symbol === LISTED.symbol) return CENT * 5n * BigInt(random.between(400, 406));
    return (
      BigInt(symbol === "AAPL" ? random.between(10_000, 10_012) : random.between(100, 104)) * CENT
    );
  }

  #cancelAllCommand(): CancelAll {
    const { random } = this.#options;
    const side = random.pick([null, null, "buy", "sell"] as const);
    const filter = {
      ...(side !== null && { order_side: side }),
      ...(random.chance(0.4) && { symbol: random.pick(CANCEL_ALL_SYMBOLS) }),
    };
    return { kind: "cancelAll", filter };
  }

  #estimateCommand(): Estimate {
    const { random, symbols } = this.#options;
    const symbol = random.pick(symbols);
    const side = random.pick(["buy", "buy", "sell"] as const);
    const price = side === "buy" ? this.#price(symbol) : null;
    return { kind: "estimate", symbol, side, price, percent: random.pick([1, 33, 100]) };
  }

  #faultCommand(): Command {
    const { onFault, random } = this.#options;
    const fault = random.pick(FAULTS);
    onFault(fault);
    const hasDelay = /order|cancel/.test(fault);
    const delayMs = hasDelay ? random.pick([0, 0, 5, 40, 300, 1_000]) : null;
    return { kind: "fault", fault, delayMs, count: random.between(1, 4) };
  }

  #listCommand(): Command {
    const { filters, portfolios, random } = this.#options;
    const known = this.#known.at(-1);
    if (!filters || known === undefined || random.chance(0.3)) return { kind: "orders" };
    const maybe = <Value>(name: string, value: Value) => random.chance(0.25) && { [name]: value };
    const filter = {
      page_size: random.pick([1, 2, 3, 7, 100]),
      ...maybe("symbol", random.pick([known.symbol, "NONE"])),
      ...maybe("order_side", random.pick(["buy", "sell"] as const)),
      ...maybe("order_status", random.pick(["new", "pex", "fex", "can", "rej"])),
      ...maybe("portfolio_id", random.pick(portfolios)),
      ...maybe("reference_id", known.reference),
      ...maybe("order_no", random.pick(this.#known).orderNo),
    };
    const page = random.pick([1, 1, 2, 3, 9]);
    return {
      kind: "orders",
      page,
      filter: { ...filter, ...this.#listState(), ...this.#listTimes() },
    };
  }

  #listState(): Pick<ListFilter, "market" | "state"> {
    const random = this.#lists;
    return {
      ...(random.chance(0.35) && { state: random.pick(["open", "open", "closed", "all"]) }),
      ...(random.chance(0.1) && { market: random.pick(["hkex", "usex", "crypto"]) }),
    };
  }

  /** From the second of some order, or the one beside it, up to that of another. */
  #listTimes(): Pick<ListFilter, "start_time" | "end_time"> {
    const { auditor, key } = this.#options;
    const random = this.#times;
    if (random.chance(0.6)) return {};
    const ends = [random.pick(this.#known), random.pick(this.#known)].map(({ orderNo }) => {
      const createdAtMs = auditor.model.order(key.account, orderNo)?.createdAtMs ?? 0;
      return Math.max(0, Math.floor(createdAtMs / 1_000) + random.pick([0, 0, 0, 1, -1]));
    });
    const [start_time = 0, end_time = 0] = ends.sort((one, other) => one - other);
    if (random.chance(0.05)) return { end_time };
    return random.pick([{ start_time }, { start_time, end_time }, { start_time, end_time }]);
  }

  /** Like some row that there is, or up to it. */
  #statementCommand(kind: StatementKind): Command {
    const { auditor, filters, key, random } = this.#options;
    const rows = auditor.history.statements.rows(key.account, kind);
    const size = random.pick([1, 2, 3, 7, 100]);
    const page = { page: random.pick([1, 1, 2, 3, 9]), size };
    if (!filters || rows.length === 0) return { kind, filter: page };
    const row = random.pick(rows);
    const fields = STATEMENT_FIELDS[kind].filter((field) => {
      return row[field] !== "" && random.chance(0.2);
    });
    const time = kind === "executions" ? "trade_time" : "date";
    const times = [row, random.pick(rows)].map((each) => each[time] ?? 0);
    const [least = 0, most = 0] = times.sort((one, other) => (one < other ? -1 : 1));
    const filter = {
      ...page,
      ...Object.fromEntries(fields.map((field) => [field, row[field]])),
      ...random.pick([{}, { least }, { least, most }, { least: most, most }]),
    };
    return { kind, filter };
  }

  /** No two of a batch are about one order, or else its answer would depend on their order. */
  #conditional(names: readonly OrderName[]): readonly OrderName[] {
    const numbers = names.map((name) => ("order_no" in name ? name.order_no : ""));
    const isApart = new Set(numbers).size === names.length && !numbers.includes("");
    if (!this.#options.conditions || !isApart) return names;
    return names.map((name, index) => ({ ...name, ...this.#condition(numbers[index] ?? "") }));
  }

  #condition(orderNo: string): Condition {
    const { auditor, conditions, key, random } = this.#options;
    if (!conditions || random.chance(0.5)) return {};
    const now = auditor.model.order(key.account, orderNo)?.version ?? 1;
    const version = Math.max(1, now + random.pick([0, 0, 1, -1]));
    return random.pick([{ only_if: "unfilled" }, { version }, { only_if: "unfilled", version }]);
  }

  #deadManCommand(): Command {
    const { random } = this.#options;
    const scope = random.pick(["key", "key", "symbol", "portfolio"] as const);
    const { symbol } = random.pick(INSTRUMENTS);
    const value = scope === "portfolio" ? random.pick(PORTFOLIOS) : symbol;
    return {
      kind: "deadMan",
      scope,
      value: scope === "key" ? "" : value,
      timeoutS: random.pick([0, 3, 3, 4, 60]),
    };
  }

  #amendCommand(): Command & { kind: "amend" } {
    const { auditor, conditions, key, random } = this.#options;
    const orders = random.chance(0.05) ? this.#options.heard : this.#known;
    const open = conditions && random.chance(0.3) ? auditor.model.openOrders(key.account) : [];
    // Few stop orders wait for long.
    const waiting = open.find(({ order_no, trigger_price }) => {
      return trigger_price > 0n && !auditor.model.isTriggered(key.account, order_no);
    });
    const { orderNo, symbol } =
      waiting === undefined
        ? random.pick(orders)
        : { orderNo: waiting.order_no, symbol: waiting.symbol };
    const priced = random.chance(0.6);
    const before = auditor.model.order(key.account, orderNo)?.qty ?? 0n;
    const isWhole = symbol === "00700" && (before >= 100n * ONE || random.chance(0.1));
    const step = symbol === LISTED.symbol ? 5n * ONE : ONE;
    const lot = isWhole ? 100n * ONE : step;
    const isStop = (auditor.model.order(key.account, orderNo)?.trigger_price ?? 0n) > 0n;
    const moves = conditions && random.chance(isStop ? 0.7 : 0.05);
    return {
      kind: "amend",
      orderNo,
      price: priced ? this.#price(symbol) : null,
      qty: !priced || random.chance(0.4) ? BigInt(random.between(1, 9)) * lot : null,
      trigger: moves ? this.#price(symbol) : null,
      condition: this.#restingCondition() ?? this.#condition(orderNo),
    };
  }

  #restingCondition(): Condition | null {
    const { resting } = this.#options;
    return resting?.chance(0.3) === true ? { only_if: "resting" } : null;
  }

  #name(): OrderName {
    const { random } = this.#options;
    if (random.chance(0.03)) return { order_no: "99000000001" };
    if (random.chance(0.1)) return { order_no: random.pick(this.#options.heard).orderNo };
    const known = random.pick(this.#known);
    if (known.reference !== "" && random.chance(0.25)) return { reference_id: known.reference };
    return { order_no: known.orderNo };
  }
}

/** Types that may say that they are only to rest. */
const RESTING: ReadonlySet<string> = new Set(["limit_order", "enhanced_limit_order"]);

/** What is a command of a socket as well. */
const OF_SOCKETS: ReadonlySet<string> = new Set(["place", "cancel", "cancelAll", "amend"]);

/** A little less than the time for which a command's id counts, by real time. */
const COMMAND_MEMORY_MS = 590_000;
/** Before the window of its signature ends. */
const GIVE_UP_MS = 240_000;

function describe(command: Command): string {
  const text = JSON.stringify(command, (_name, value: unknown) => {
    return typeof value === "bigint" ? Number(value) / Number(ONE) : value;
  });
  return text;
}
