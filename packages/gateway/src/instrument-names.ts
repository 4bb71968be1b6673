/**
 * The node's own copies of its instruments, whose names follow what operators decide. A name is for
 * people: nothing that is decided or journaled about an order depends on it.
 */
import type { ControlState } from "@countermand/core/control";
import type { Instrument } from "@countermand/core/model";

type Named = { -readonly [K in keyof Instrument]: Instrument[K] };

export class InstrumentNames {
  /** Everything in the node that shows an instrument holds these. */
  readonly instruments: readonly Instrument[];
  readonly #own: readonly { readonly copy: Named; readonly name: string }[];

  constructor(instruments: readonly Instrument[]) {
    this.#own = instruments.map((each) => ({ copy: { ...each }, name: each.securityDesc }));
    this.instruments = this.#own.map(({ copy }) => copy);
  }

  follow(control: ControlState): void {
    for (const { copy, name } of this.#own) {
      copy.securityDesc = control.instrument(copy.symbol)?.securityDesc ?? name;
    }
  }
}
