/** Faults of a key: armed, listed and disarmed. */
import {
  encodeError,
  encodeFaultList,
  encodeFaultsCleared,
  encodeFaultView,
  encodeSuccess,
  errorSpec,
  type FaultRequest,
} from "@countermand/contract";
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
      if (armed !== null) return success(encodeFaultView(armed));
      const details = `${ARMED_PER_KEY_MAX} faults of this key are armed`;
      const { httpStatus } = errorSpec("FAULTS_FULL");
      return { httpStatus, body: encodeError("FAULTS_FULL", details) };
    });
  }

  async list(caller: Caller): Promise<TradeAnswer> {
    return { ...success(encodeFaultList(this.#faults.list(caller.apiKey))), replayed: false };
  }

  clear(caller: Caller, options: CallOptions): Promise<TradeAnswer> {
    return this.#once(caller, options, () => {
      return success(encodeFaultsCleared(this.#faults.clear(caller.apiKey)));
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

function success(dataJson: string): Answer {
  return { httpStatus: 200, body: encodeSuccess(dataJson) };
}
