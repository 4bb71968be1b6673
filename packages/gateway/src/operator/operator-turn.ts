/** What an operator's request is decided with, and what it answers. */
import type { OperatorAct } from "@countermand/core/control";
import type { UnixMs } from "@countermand/core/model";
import type { Answer } from "../sequencer/sequencer.ts";

/** Who asks, and when by real and by the exchange's time: valid during one turn. */
export interface OperatorTurn {
  readonly operator: string;
  /** What the request calls itself; "" where it has no name. */
  readonly requestId: string;
  /** Of a key that signed the request; null for the token. */
  readonly apiKey: string | null;
  /** When the secret began that it was signed with; 0, or absent, for the token. */
  readonly secretSinceMs?: number;
  /** The header If-Match: what the operator saw, where the request says so. */
  readonly ifMatch?: string;
  readonly wallMs: UnixMs;
  readonly nowMs: UnixMs;
}

/** Who does it, when in real time and why, as the journal keeps it. */
export function actOf(turn: OperatorTurn, reason: string): OperatorAct {
  const { operator, requestId, wallMs: atMs } = turn;
  return { atMs, operator, reason, ...(requestId !== "" && { requestId }) };
}

/** An answer that perhaps is not to be kept as it is told. */
export interface OperatorAnswer extends Answer {
  /** What a repetition gets, and the journal keeps; the body itself where it is absent. */
  readonly keptBody?: string;
  /** Of what the answer shows: sent as ETag. Not part of what is remembered. */
  readonly version?: string;
}
