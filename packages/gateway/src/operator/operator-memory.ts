/**
 * An operator's act in one turn of the sequencer: what was answered before is answered again, else
 * the deed is done, and its answer kept in the control state.
 */
import { LIMITS } from "@countermand/contract";
import type { OperatorAnswers } from "@countermand/core/control";
import type { UnixMs } from "@countermand/core/model";
import { faultAnswer } from "../answers.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import { IDEMPOTENCY_KEY_MS } from "./limits.ts";
import type { Idempotency, Identified } from "./operator-identity.ts";
import type { OperatorParts } from "./operator-parts.ts";
import type { OperatorDeed, OperatorRoute } from "./operator-routes.ts";
import type { OperatorAnswer } from "./operator-turn.ts";

export interface IdentifiedDeed extends Identified {
  readonly route: Pick<OperatorRoute, "isRepeatable" | "isUrgent">;
  readonly deed: OperatorDeed;
  readonly wallMs: UnixMs;
}

export interface GivenAnswer {
  readonly answer: OperatorAnswer;
  readonly isReplayed: boolean;
}

export function carryOut(
  { service, sequencer }: Pick<OperatorParts, "sequencer" | "service">,
  { actor, idempotency, route, deed, wallMs }: IdentifiedDeed,
): Promise<GivenAnswer> {
  const { partitions } = sequencer;
  return sequencer.operate((nowMs) => {
    const first = (answer: OperatorAnswer): GivenAnswer => ({ answer, isReplayed: false });
    const done = (): OperatorAnswer => deed(service, { ...actor, wallMs, nowMs });
    if (idempotency === null) return first(done());
    const { answers } = partitions.control;
    const before = answers.get(idempotency.key, wallMs);
    if (before !== null) {
      const isSame = before.contentDigest === idempotency.contentDigest;
      return isSame ? { answer: before, isReplayed: true } : first(KEY_REUSED);
    }
    const hasRoom = answers.hasRoom(wallMs, route.isUrgent);
    const refusal = doubtOf(answers, idempotency, wallMs) ?? (hasRoom ? null : NO_ROOM);
    // What may be done again waits neither for room nor for the memory to be sure.
    if (refusal !== null && !route.isRepeatable) return first(refusal);
    const answer = done();
    if (hasRoom && isKept(answer)) partitions.stageControlEvent(kept(answer, idempotency, wallMs));
    return first(answer);
  });
}

const KEY_REUSED = faultAnswer("IDEMPOTENCY_KEY_REUSED", "");
const NO_ROOM = faultAnswer("OVERLOADED", "");

/**
 * What there was nothing to do for is done, too: sent again later it must not undo what came since.
 * A refusal is not kept, also one that has begun something: a retry is a fresh try.
 */
function isKept({ httpStatus }: OperatorAnswer): boolean {
  return httpStatus < 400;
}

function kept(answer: OperatorAnswer, { key, contentDigest }: Idempotency, wallMs: UnixMs) {
  return {
    type: "OperatorAnswered",
    atMs: wallMs,
    idempotencyKey: key,
    contentDigest,
    expiresAtMs: (wallMs + IDEMPOTENCY_KEY_MS) as UnixMs,
    httpStatus: answer.httpStatus,
    body: answer.keptBody ?? answer.body,
  } as const;
}

/** From the earliest to the latest moment at which a signature is good. */
const SIGNED_MS = 2 * LIMITS.timestampWindowMsMax.value;

/** Null where the memory of answers can vouch that a request, unknown to it, is a new one. */
function doubtOf(
  answers: OperatorAnswers,
  { isSigned }: Idempotency,
  wallMs: UnixMs,
): Answer | null {
  const fromMs = isSigned ? wallMs + IDEMPOTENCY_KEY_MS - SIGNED_MS : wallMs;
  const openMs = answers.mayHaveForgotten(fromMs as UnixMs);
  if (openMs === null) return null;
  const seconds = Math.ceil((openMs - fromMs) / 1000);
  const remedy = isSigned
    ? `sign it anew in ${seconds} s`
    : `send it in ${seconds} s, or sign it with a key that has operate`;
  const details =
    "nothing was done now: the gateway's clock was set back, and it may have forgotten that it " +
    `did this before; look whether it did, then ${remedy}; kills, releases and revocations are ` +
    "always taken";
  return faultAnswer("TIMESTAMP_OUT_OF_WINDOW", details);
}
