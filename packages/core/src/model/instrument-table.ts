/**
 * The instruments of a node as they stand: those that it began with, and what operators have added
 * and changed since. Written by the control state alone; everybody else looks things up in it.
 * Nothing in it is ever taken out: a retired instrument has holders, and a past.
 */
import { assert } from "../assert.ts";
import { type Instrument, instrumentFault } from "./instrument.ts";

export type InstrumentSource = InstrumentTable | readonly Instrument[];

export class InstrumentTable {
  readonly #bySymbol = new Map<string, Instrument>();
  /** All that trade it or did, in the order in which they were listed. */
  readonly #byProduct = new Map<string, readonly string[]>();
  readonly #retired = new Set<string>();
  #all: readonly Instrument[] = [];

  constructor(instruments: readonly Instrument[]) {
    for (const each of instruments) {
      assert(!this.#bySymbol.has(each.symbol), "a symbol is listed once");
      this.set(each);
    }
  }

  /** The very table, or one of these instruments. */
  static of(source: InstrumentSource): InstrumentTable {
    return source instanceof InstrumentTable ? source : new InstrumentTable(source);
  }

  /** In the order in which they were listed, retired ones among them. */
  get all(): readonly Instrument[] {
    return this.#all;
  }

  find(symbol: string): Instrument | null {
    return this.#bySymbol.get(symbol) ?? null;
  }

  /** The first instrument that trades the product; where none does any more, the first that did. */
  ofProduct(product: string): Instrument | null {
    return this.allOfProduct(product)[0] ?? null;
  }

  /** Those that trade the product, oldest first; where none does any more, those that did. */
  allOfProduct(product: string): readonly Instrument[] {
    const symbols = this.#byProduct.get(product) ?? [];
    const traded = symbols.filter((symbol) => !this.#retired.has(symbol));
    return (traded.length > 0 ? traded : symbols).flatMap((symbol) => this.find(symbol) ?? []);
  }

  isRetired(symbol: string): boolean {
    return this.#retired.has(symbol);
  }

  /** Why an instrument cannot be listed beside the others, or null. */
  listingFault(instrument: Instrument): string | null {
    const first = this.ofProduct(instrument.product);
    // Then all of a holding settles by one calendar and has its cost in one currency.
    const isAlike =
      first === null ||
      (first.marketGroup === instrument.marketGroup && first.currency === instrument.currency);
    if (!isAlike) return "a product trades in one currency and one market group";
    return instrumentFault(instrument);
  }

  /** Lists an instrument, or gives one other terms. Precondition: {@link listingFault} has none. */
  set(instrument: Instrument): void {
    assert(this.listingFault(instrument) === null, "an instrument is sound");
    const { symbol, product } = instrument;
    const isNew = !this.#bySymbol.has(symbol);
    this.#bySymbol.set(symbol, instrument);
    if (isNew) this.#byProduct.set(product, [...(this.#byProduct.get(product) ?? []), symbol]);
    this.#all = [...this.#bySymbol.values()];
  }

  retire(symbol: string): void {
    assert(this.#bySymbol.has(symbol), "what is retired was listed");
    this.#retired.add(symbol);
  }
}
