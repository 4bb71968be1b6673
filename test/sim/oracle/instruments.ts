/**
 * What operators change of instruments: names, halts, ticks and lots. Each request is known by the
 * reason that it has of its own; when it was decided the control partition of the journal says.
 */
import type { ControlEvent } from "../../../packages/core/src/control/index.ts";
import type { Envelope } from "./answers.ts";
import type { Grid } from "./grids.ts";
import type { Model } from "./model.ts";
import { decimal, INSTRUMENTS, LISTED } from "./money.ts";
import type { Told } from "./orders.ts";
import { promised } from "./violation.ts";
import type { Windows } from "./windows.ts";

export interface InstrumentChange {
  /** The reason, too. */
  readonly id: string;
  readonly symbol: string;
  readonly name: string | null;
  readonly grid: Grid | null;
  readonly resting: "keep" | "cancel";
  /** Nothing trades in it any more. */
  readonly retires?: boolean;
}

/** Something that an operator does once, asked for and answered. */
interface Deed {
  askedAtMs: number;
  answeredAtMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const UNKNOWN_SYMBOL = "11030103";
const RETIRED = "11031270";

interface Naming {
  readonly name: string;
  readonly askedAtMs: number;
  answeredAtMs: number | null;
}

const NAMES: Readonly<Record<string, string>> = {
  AAPL: "APPLE",
  "DODO-USDT": "DODO",
  "00700": "TENCENT",
};

export class Instruments {
  readonly #model: Model;
  readonly #windows: Windows;
  readonly #nowMs: () => number;
  readonly #asked = new Map<string, InstrumentChange>();
  readonly #done = new Set<string>();
  /** Changes of grids that the journal has, and the model has not yet. */
  #coming: InstrumentChange[] = [];
  readonly #namings = new Map<string, Naming[]>();
  readonly #answers: [id: string, text: string][] = [];
  readonly #listing: Deed = { askedAtMs: NEVER, answeredAtMs: NEVER };
  readonly #retiring: Deed = { askedAtMs: NEVER, answeredAtMs: NEVER };

  constructor(model: Model, windows: Windows, nowMs: () => number) {
    this.#model = model;
    this.#windows = windows;
    this.#nowMs = nowMs;
    for (const { symbol } of INSTRUMENTS) {
      const name = NAMES[symbol] ?? "";
      this.#namings.set(symbol, [{ name, askedAtMs: 0, answeredAtMs: 0 }]);
    }
  }

  asked(change: InstrumentChange): void {
    const { id, symbol, name, grid } = change;
    this.#asked.set(id, change);
    if (name !== null) {
      this.#namings.get(symbol)?.push({ name, askedAtMs: this.#nowMs(), answeredAtMs: null });
    }
    if (grid === null) return;
    this.#windows.open(id, () => [String(this.#model.unfit(symbol, grid).length > 0)]);
  }

  answered({ id, symbol, name }: InstrumentChange, text: string): void {
    this.#windows.over(id);
    this.#answers.push([id, text]);
    const naming = this.#namings.get(symbol)?.find((each) => each.name === name);
    if (naming !== undefined) naming.answeredAtMs = this.#nowMs();
  }

  /** What is listed later is about to be. */
  listing(): () => void {
    return this.#begin(this.#listing);
  }

  retiring(): () => void {
    return this.#begin(this.#retiring);
  }

  #begin(deed: Deed): () => void {
    deed.askedAtMs = this.#nowMs();
    return () => {
      deed.answeredAtMs = this.#nowMs();
    };
  }

  /** Somebody may have listed it by now. */
  get mayBeListed(): boolean {
    return this.#listing.askedAtMs <= this.#nowMs();
  }

  /** What keeps an order out that was sent then, "null" where it may have been taken. */
  answersTo(symbol: string, sentAtMs: number): ReadonlySet<string> {
    if (symbol !== LISTED.symbol) return new Set(["null"]);
    const answers = new Set<string>();
    const isRetired = this.#retiring.answeredAtMs < sentAtMs;
    if (this.#listing.answeredAtMs >= sentAtMs) answers.add(UNKNOWN_SYMBOL);
    if (this.mayBeListed && !isRetired) answers.add("null");
    if (this.#retiring.askedAtMs <= this.#nowMs()) answers.add(RETIRED);
    return answers;
  }

  /** The control partition has this. What it does to orders comes with theirs. */
  follow(event: ControlEvent): void {
    if (event.type === "InstrumentRetired") {
      const change = this.#asked.get(event.act.reason);
      if (event.symbol !== LISTED.symbol) return;
      promised(change?.retires === true, `nobody retired ${event.symbol}`);
      this.#coming.push(change);
      return;
    }
    if (event.type !== "GridChanged" && event.type !== "InstrumentChanged") return;
    // A halt is known as a block.
    if (event.type === "InstrumentChanged" && event.securityDesc === null) return;
    const change = this.#asked.get(event.act.reason);
    promised(change?.symbol === event.symbol, `nobody changed ${event.symbol}`);
    this.#done.add(change.id);
    if (event.type === "InstrumentChanged") {
      promised(event.securityDesc === change.name, `${change.id} named it ${event.securityDesc}`);
      return;
    }
    const { priceTick, lotQty } = event.grid;
    const isMeant = priceTick === change.grid?.tick && lotQty === change.grid.lot;
    promised(isMeant, `${change.id} set ${event.symbol} to ${priceTick} and ${lotQty}`);
    this.#coming.push(change);
  }

  /** The first order that a change cancels: what it cancels, all in one commit. */
  cancelsOf(symbol: string, account: string): Told[] {
    const change = this.#coming.find((each) => each.symbol === symbol);
    promised(change !== undefined, `nothing has changed about ${symbol}`);
    return this.#regrid(change, account);
  }

  /** Everything of the journal was followed: what is left cancels nothing. */
  settle(): void {
    for (const change of [...this.#coming]) {
      const [left] = this.#regrid(change, "");
      promised(left === undefined, `${change.id} left ${left?.order_no}, which does not fit`);
    }
    for (const [id, text] of this.#answers.splice(0)) this.#checkAnswer(id, text);
  }

  #regrid(change: InstrumentChange, account: string): Told[] {
    const { id, symbol, grid, resting } = change;
    this.#coming = this.#coming.filter((each) => each !== change);
    if (grid === null && change.retires !== true) return [];
    const told = this.#model.regrid(symbol, grid, account);
    promised(told.length === 0 || resting === "cancel", `${id} cancels what it was to keep`);
    return told;
  }

  #checkAnswer(id: string, text: string): void {
    const { code, reason, data } = JSON.parse(text) as Envelope & { data: Row };
    const change = this.#asked.get(id);
    if (change === undefined) return;
    if (code !== 0) {
      const mayBe = change.resting === "keep" && this.#windows.right(id).has("true");
      promised(mayBe && reason === "orders_do_not_fit", `${id} is refused: ${text}`);
      promised(!this.#done.has(id), `${id} is done, and refused: ${text}`);
      return;
    }
    if (change.name !== null) {
      promised(data.name === change.name && this.#done.has(id), `${id} is not durable: ${text}`);
    }
    if (change.grid === null) return;
    const { tick, lot } = change.grid;
    const isSame = data.tick === Number(decimal(tick)) && data.lot === Number(decimal(lot));
    promised(isSame, `${id} has set another grid: ${text}`);
  }

  /** What is wrong with the name in a message that was sent between then and now, or null. */
  nameProblem(symbol: string, name: unknown, sinceMs: number): string | null {
    const namings = this.#namings.get(symbol);
    if (namings === undefined) return null;
    const first = namings.findLastIndex(({ answeredAtMs }) => {
      return answeredAtMs !== null && answeredAtMs < sinceMs;
    });
    const right = namings.slice(Math.max(0, first)).map((each) => each.name);
    return right.includes(String(name)) ? null : `its name is ${name}, not ${right.join(" or ")}`;
  }
}

interface Row {
  readonly name: string;
  readonly tick: number;
  readonly lot: number;
}
