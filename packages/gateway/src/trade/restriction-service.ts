/** What operators hold back, told to whom it concerns. */
import { encodeRestrictions } from "@countermand/contract";
import { reaches } from "@countermand/core/control";
import { MARKET_GROUP_NAMES } from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { failed, TOO_MANY_WAIT } from "./failed-answer.ts";
import type { TradeAnswer } from "./trade-service.ts";

export class RestrictionService {
  readonly #sequencer: Sequencer;

  constructor(sequencer: Sequencer) {
    this.#sequencer = sequencer;
  }

  async show(caller: Caller): Promise<TradeAnswer> {
    if (this.#sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    this.#sequencer.catchUp();
    const body = await this.#sequencer.read(() => this.#bodyFor(caller));
    return { httpStatus: 200, body, replayed: false };
  }

  #bodyFor(caller: Caller): string {
    const { control } = this.#sequencer.partitions;
    const blocks = [...control.activeBlocks()].filter(({ scope }) => reaches(scope, caller));
    return encodeRestrictions({
      modes: new Map(MARKET_GROUP_NAMES.map((group) => [group, control.mode(group)])),
      blocks: blocks.map(({ blockId, blocked, scope }) => {
        const { marketGroup, portfolioId } = scope;
        return { blockId, sinceMs: blocked.atMs, marketGroup, portfolioId };
      }),
      haltedSymbols: control.table.all
        .map(({ symbol }) => symbol)
        .filter((symbol) => control.instrument(symbol)?.halted === true)
        .filter((symbol) => !control.table.isRetired(symbol)),
    });
  }
}
