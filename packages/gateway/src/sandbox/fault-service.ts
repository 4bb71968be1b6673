/** Faults of a key: armed, listed and disarmed. */
import {
  encodeFaultList,
  encodeFaultsCleared,
  encodeFaultView,
  type FaultRequest,
} from "@countermand/contract";
import { dataAnswer, faultAnswer } from "../answers.ts";
import type { Caller } from "../auth/key-store.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import type { CallOptions, TradeAnswer } from "../trade/trade-service.ts";
import { writtenAnswer } from "../trade/written-answer.ts";
import type { FaultBoard } from "../venue/fault-board.ts";
import { ARMED_PER_KEY_MAX } from "../venue/limits.ts";

export class FaultService {
  readonly #sequencer: Sequencer;
  readonly #faults: FaultBoard;

  constructor(sequencer: Sequencer, faults: FaultBoard) {
    this.#sequencer = sequencer;
    this.#faults = faults;
  }

  arm(caller: Caller, request: FaultRequest, options: CallOptions): Promise<TradeAnswer> {
    return this.#once(caller, options, () => {
      const armed = this.#faults.arm(caller.apiKey, request);
      if (armed !== null) return dataAnswer(encodeFaultView(armed));
      const details = `${ARMED_PER_KEY_MAX} faults of this key are armed`;
      return faultAnswer("FAULTS_FULL", details);
    });
  }

  async list(caller: Caller): Promise<TradeAnswer> {
    return { ...dataAnswer(encodeFaultList(this.#faults.list(caller.apiKey))), replayed: false };
  }

  clear(caller: Caller, options: CallOptions): Promise<TradeAnswer> {
    return this.#once(caller, options, () => {
      return dataAnswer(encodeFaultsCleared(this.#faults.clear(caller.apiKey)));
    });
  }

  /** The same signed request again changes nothing, as with every write. */
  #once(caller: Caller, { identity }: CallOptions, act: () => Answer): Promise<TradeAnswer> {
    return writtenAnswer(
      this.#sequencer.write(caller, "place", identity, (turn) => {
        const answer = act();
        if (answer.httpStatus === 200) turn.keepAnswer();
        return answer;
      }),
    );
  }
}
