/**
 * What whoever asks about the public market is answered: each symbol as it was at one moment, not
 * before what some reader had seen when it was asked.
 */
import { INTERVALS, type MarketQuestion } from "../clients/market-asker.ts";
import type { Envelope } from "./answers.ts";
import { INSTRUMENTS, NOBODYS_SYMBOL, ONE, type Units } from "./money.ts";
import { number, type PublicMarket, type SymbolMoment, type Trade } from "./public-market.ts";
import type { Receipts } from "./receipts.ts";
import { promised } from "./violation.ts";

export interface MarketAnswersOptions {
  readonly market: PublicMarket;
  readonly receipts: Receipts;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

interface Told {
  readonly question: MarketQuestion;
  readonly asked: Moment;
  readonly told: Moment;
  /** The version of each symbol that was published by then. */
  readonly since: ReadonlyMap<string, number>;
  readonly text: string;
}

/** By the world's time, and by real time then. */
interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

type Row = Readonly<Record<string, unknown>>;

export class MarketAnswers {
  readonly #options: MarketAnswersOptions;
  readonly #market: PublicMarket;
  readonly #told: Told[] = [];

  constructor(options: MarketAnswersOptions) {
    this.#options = options;
    this.#market = options.market;
  }

  /** It is about to be asked; called with each answer, checked at the next look. */
  asking(question: MarketQuestion): (text: string) => void {
    const since = new Map(INSTRUMENTS.map(({ symbol }) => [symbol, this.#market.seen(symbol)]));
    const asked = this.#moment();
    return (text) => this.#told.push({ question, asked, told: this.#moment(), since, text });
  }

  #moment(): Moment {
    return { nowMs: this.#options.nowMs(), wallMs: this.#options.wallMs() };
  }

  /** How many answers there were. */
  check(): number {
    const told = this.#told.splice(0);
    for (const each of told) {
      const problem = this.#problem(each);
      const { question, text } = each;
      promised(problem === null, `market ${JSON.stringify(question)}: ${problem}: ${text}`);
    }
    return told.length;
  }

  #problem({ question, asked, told, since, text }: Told): string | null {
    const answer = JSON.parse(text) as Envelope & { readonly data: Row };
    const { code, data, retryable } = answer;
    if (retryable === true) return null;
    if (question.of === "receipt-keys") return this.#options.receipts.keysProblem(answer);
    if (question.of === "time") return timeProblem(data, asked, told);
    if (question.of === "symbols") {
      const rows = data["symbols"] as readonly Row[];
      const problems = INSTRUMENTS.map(({ symbol }) => {
        const row = rows.find((each) => each["symbol"] === symbol);
        if (row === undefined) return `${symbol} is traded`;
        return this.#atSomeMoment(symbol, since, (moment) => tickerProblem(row, moment));
      });
      return problems.find((each) => each !== null) ?? null;
    }
    const { symbol } = question;
    if (code !== 0 || symbol === NOBODYS_SYMBOL) {
      return code === UNKNOWN_SYMBOL && symbol === NOBODYS_SYMBOL ? null : "nobody trades it";
    }
    if (question.of === "depth") {
      const { epoch, seq, bids, asks } = data as unknown as DepthData;
      const book = { bids, asks, levels: question.levels };
      this.#market.show({ epoch, symbol, seq, text, book, trades: null });
      return null;
    }
    const { limit } = question;
    return this.#atSomeMoment(symbol, since, ({ trades }) => {
      if (question.of === "trades") return difference(data["trades"], newest(trades, limit));
      const candles = candlesOf(trades, INTERVALS[question.interval]);
      return difference(data["candles"], candles.slice(-limit));
    });
  }

  #atSomeMoment(
    symbol: string,
    since: Told["since"],
    problemAt: (moment: SymbolMoment) => string | null,
  ): string | null {
    let problem: string | null = "there is no such moment";
    const first = since.get(symbol) ?? 0;
    for (let at = this.#market.last(symbol); at >= first && problem !== null; at -= 1) {
      problem = problemAt(this.#market.moment(symbol, at));
    }
    return problem;
  }
}

interface DepthData {
  readonly epoch: number;
  readonly seq: number;
  readonly bids: readonly (readonly number[])[];
  readonly asks: readonly (readonly number[])[];
}

const UNKNOWN_SYMBOL = 11030103;
const DAY_S = 86_400;

function difference(has: unknown, meant: unknown): string | null {
  const [shown, expected] = [has, meant].map((each) => JSON.stringify(each));
  return shown === expected ? null : `expected ${expected}`;
}

function newest(trades: readonly Trade[], limit: number): object[] {
  const rows = trades.slice(-limit).reverse();
  return rows.map(({ execId, price, qty, aggressorSide, atMs }) => ({
    exec_id: execId,
    price: number(price),
    qty: number(qty),
    aggressor_side: aggressorSide,
    time_ms: atMs,
  }));
}

interface Candle {
  readonly start_time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly qty: number;
  readonly amount: number;
  readonly trades: number;
}

/** Oldest first; intervals without a trade have none. */
function candlesOf(trades: readonly Trade[], seconds: number): Candle[] {
  const startOf = ({ atMs }: Trade) => Math.floor(atMs / 1_000 / seconds) * seconds;
  const starts = [...new Set(trades.map(startOf))];
  return starts.map((start): Candle => {
    const mine = trades.filter((trade) => startOf(trade) === start);
    const prices = mine.map(({ price }) => price);
    const sorted = [...prices].sort((one, other) => Number(one - other));
    const sum = (of: (trade: Trade) => Units) => mine.reduce((all, each) => all + of(each), 0n);
    return {
      start_time: start,
      open: number(prices[0]),
      high: number(sorted.at(-1)),
      low: number(sorted[0]),
      close: number(prices.at(-1)),
      qty: number(sum(({ qty }) => qty)),
      amount: number(sum(({ qty, price }) => (qty * price) / ONE)),
      trades: mine.length,
    };
  });
}

/** Whether a day has begun since the last trade, the answer says. */
/** Of one moment between, unless real time was set meanwhile. */
function timeProblem({ timestamp }: Row, asked: Moment, told: Moment): string | null {
  const passedMs = told.nowMs - asked.nowMs;
  const wasSet = Math.abs(told.wallMs - asked.wallMs - passedMs) > 1;
  const isBetween = Number(timestamp) >= asked.wallMs && Number(timestamp) <= told.wallMs;
  return wasSet || isBetween ? null : `it is ${asked.wallMs} to ${told.wallMs}`;
}

function tickerProblem(row: Row, { book, trades }: SymbolMoment): string | null {
  const last = trades.at(-1);
  const days = candlesOf(trades, DAY_S);
  const isLater = row["day_trades"] === 0;
  const today = isLater ? undefined : days.at(-1);
  const before = isLater ? days.at(-1) : days.at(-2);
  const [bid, ask] = [book.bids[0], book.asks[0]];
  const meant: Row = {
    last_price: number(last?.price),
    last_qty: number(last?.qty),
    last_time_ms: last?.atMs ?? 0,
    prev_close: before?.close ?? 0,
    day_open: today?.open ?? 0,
    day_high: today?.high ?? 0,
    day_low: today?.low ?? 0,
    day_qty: today?.qty ?? 0,
    day_amount: today?.amount ?? 0,
    day_trades: today?.trades ?? 0,
    bid_price: bid?.[0] ?? 0,
    bid_qty: bid?.[1] ?? 0,
    ask_price: ask?.[0] ?? 0,
    ask_qty: ask?.[1] ?? 0,
  };
  const field = Object.keys(meant).find((name) => row[name] !== meant[name]);
  if (field === undefined) return null;
  return `${row["symbol"]}: ${field} is ${row[field]}, expected ${meant[field]}`;
}
