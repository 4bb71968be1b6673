/** Makes one-time codes for keys that have signed for one. */
import { encodeSignInCode } from "@countermand/contract";
import type { Caller } from "../auth/key-store.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { failed } from "../trade/failed-answer.ts";
import type { CallOptions, TradeAnswer } from "../trade/trade-service.ts";
import { unvouchedDetails } from "../trade/written-answer.ts";
import { CODE_LIFE_MS } from "./limits.ts";
import type { SignInCodes } from "./sign-in-codes.ts";

/** Of a key, whoever asks for it. */
export const TOO_MANY_CODES = "too many codes were made just now: use one, or wait a minute";

export class SignInService {
  readonly #codes: SignInCodes;
  readonly #sequencer: Pick<Sequencer, "claimOnce">;

  constructor(codes: SignInCodes, sequencer: Pick<Sequencer, "claimOnce">) {
    this.#codes = codes;
    this.#sequencer = sequencer;
  }

  /** Signed bytes that somebody has recorded must not sign in a second time. */
  async createCode(
    { account, apiKey }: Caller,
    { identity, secretSinceMs = 0 }: CallOptions,
  ): Promise<TradeAnswer> {
    if (!this.#codes.admits(apiKey)) {
      return failed("RATE_LIMITED", TOO_MANY_CODES);
    }
    // Before the wait: it counts from now on, and goes with any change of its key.
    const code = this.#codes.issue({ apiKey, secretSinceMs }, CODE_LIFE_MS);
    const claim = await this.#sequencer.claimOnce(account, identity);
    if (claim.result !== "claimed") {
      this.#codes.withdraw(code);
      return claim.result === "used"
        ? failed("SIGN_IN_REPEATED", "this signed request has made a code before")
        : failed("TIMESTAMP_OUT_OF_WINDOW", unvouchedDetails(claim));
    }
    return { httpStatus: 200, body: encodeSignInCode(code, CODE_LIFE_MS / 1000), replayed: false };
  }
}
