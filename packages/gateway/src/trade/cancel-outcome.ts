/**
 * What became of one cancel, and how it is found out: from memory in the turn, from the archive
 * before it.
 */
import {
  type CancelRequest,
  type ErrorName,
  type Fault,
  fault,
  isFault,
} from "@countermand/contract";
import { closedRefusal, conditionRefusal } from "@countermand/core/desk";
import {
  type AmendRequest,
  type CancelTarget,
  compareOrderIds,
  type Order,
  type Refusal,
  type RefusedCommand,
} from "@countermand/core/model";
import { isWorking } from "@countermand/core/order";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { Caller } from "../auth/key-store.ts";
import { seen, sees } from "../auth/portfolio-scope.ts";
import type { Turn } from "../sequencer/command-turn.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { isArchiveUnavailable } from "./written-answer.ts";

export type CancelOutcome =
  | { readonly outcome: "canceled"; readonly order: Order; readonly already: boolean }
  | {
      readonly outcome: "refused";
      readonly error: ErrorName;
      readonly details: string;
      /** The order, where the caller may know it: what it is like now, not only what it is not. */
      readonly order: Order | null;
    };

/** Closed orders that the archive was asked for; null where it has none, or why nobody knows. */
export type Archived = ReadonlyMap<string, Order | null | "unreadable">;

export const NOTHING_ARCHIVED: Archived = new Map();

/** Cancels one order in a turn. Precondition: {@link missingFromMemory} says nothing is missing. */
export function cancelInTurn(
  turn: Turn,
  request: CancelRequest,
  archived: Archived,
): CancelOutcome {
  return noted(turn, "cancel", canceledInTurn(turn, request, archived));
}

/** What was refused about an order is a part of its story. */
function noted<Outcome extends CancelOutcome | AmendOutcome>(
  turn: Turn,
  command: RefusedCommand,
  outcome: Outcome,
): Outcome {
  if (outcome.outcome === "refused" && outcome.order !== null) {
    turn.refused(command, outcome.order, outcome.error);
  }
  return outcome;
}

function canceledInTurn(
  turn: Turn,
  { target, condition }: CancelRequest,
  archived: Archived,
): CancelOutcome {
  const open = turn.openTarget(target);
  if (open.found === "open") {
    // Filled or rejected while a cancel was pending: that cancel's answer is on its way.
    if (!isWorking(open.order)) return closedOutcome(open.order);
    const already = open.order.cancelPending;
    // A repetition is a success, whatever has happened to the order since its cancel was sent.
    const refusal = already ? null : conditionRefusal(open.order, condition);
    if (refusal !== null) return refusedOutcome(refusal, open.order);
    const order = turn.cancel(open.order);
    if ("refused" in order) return refusedOutcome(order, open.order);
    return keptByName(turn, target, { outcome: "canceled", order, already });
  }
  if (open.found === "ambiguous") return refusedOutcome(open.refusal, null);
  const closed = closedOrder(turn, target, archived);
  if (closed === "unreadable") return faultOutcome(fault("UNAVAILABLE", ARCHIVE_UNREADABLE));
  return keptByName(turn, target, closedOutcome(closed));
}

/** Sent again later, the name may mean a younger order: that one was not meant. */
function keptByName(turn: Turn, target: CancelTarget, outcome: CancelOutcome): CancelOutcome {
  if (outcome.outcome === "canceled" && target.by === "clOrdId") turn.keepAnswer();
  return outcome;
}

export type AmendOutcome = { readonly outcome: "amended"; readonly order: Order } | RefusedOutcome;

/** Amends one order in a turn. Precondition: {@link missingFromMemory} says nothing is missing. */
export function amendInTurn(turn: Turn, request: AmendRequest, archived: Archived): AmendOutcome {
  return noted(turn, "amend", amendedInTurn(turn, request, archived));
}

function amendedInTurn(turn: Turn, request: AmendRequest, archived: Archived): AmendOutcome {
  const { target } = request;
  const open = turn.openTarget(target);
  if (open.found === "ambiguous") return refusedOutcome(open.refusal, null);
  const order = open.found === "open" ? open.order : closedOrder(turn, target, archived);
  if (order === "unreadable") return faultOutcome(fault("UNAVAILABLE", ARCHIVE_UNREADABLE));
  if (order === null) return UNKNOWN;
  const amended = turn.amend(order, request);
  return "refused" in amended
    ? refusedOutcome(amended, order)
    : { outcome: "amended", order: amended };
}

export const ARCHIVE_UNREADABLE =
  "closed orders cannot be read just now; open orders can be cancelled by order_no";

export type RefusedOutcome = Extract<CancelOutcome, { readonly outcome: "refused" }>;

const UNKNOWN: RefusedOutcome = {
  outcome: "refused",
  error: "UNKNOWN_ORDER",
  details: "",
  order: null,
};

export function faultOutcome({ error, details }: Fault): RefusedOutcome {
  return { outcome: "refused", error, details, order: null };
}

function refusedOutcome({ refused, details }: Refusal, order: Order | null): RefusedOutcome {
  return { outcome: "refused", error: refused, details, order };
}

function closedOrder(
  turn: Turn,
  target: CancelTarget,
  archived: Archived,
): Order | null | "unreadable" {
  const found = archived.get(targetKey(target)) ?? null;
  return found === "unreadable" ? found : newest(recentlyClosed(turn, target), found);
}

/**
 * Asks the archive for the targets that memory does not know. Targets are looked at again in the
 * turn itself: an order that is closed stays closed, one that was opened meanwhile is found open.
 * While the archive cannot be read, open orders are cancelled still; of the rest nobody knows.
 */
export async function lookUpClosed(
  sequencer: Sequencer,
  archive: OrderArchive,
  caller: Caller,
  requests: readonly (AboutOrder | Fault)[],
): Promise<Archived> {
  const archived = new Map<string, Order | null | "unreadable">();
  for (;;) {
    const missing = missingFromMemory(sequencer, caller, requests, archived);
    if (missing.length === 0) return archived;
    await Promise.all(
      missing.map(async (target) => {
        // What the archive has not taken yet is held in memory now, and perhaps no more by then.
        const held = heldClosed(sequencer, caller, target);
        const found = await findClosed(archive, caller, target);
        archived.set(targetKey(target), found === "unreadable" ? found : newest(held, found));
      }),
    );
  }
}

async function findClosed(
  archive: OrderArchive,
  { account, portfolioIds }: Caller,
  target: CancelTarget,
): Promise<Order | null | "unreadable"> {
  try {
    return await archive.findClosed(account, soughtBy(target), portfolioIds);
  } catch (error) {
    if (isArchiveUnavailable(error)) return "unreadable";
    throw error;
  }
}

/** A request that names an order, which may be closed. */
export interface AboutOrder {
  readonly target: CancelTarget;
}

const NONE_MISSING: readonly CancelTarget[] = [];

/** Targets that are neither open nor answered by what was closed lately or looked up already. */
export function missingFromMemory(
  sequencer: Sequencer,
  caller: Caller,
  requests: readonly (AboutOrder | Fault)[],
  archived: Archived,
): readonly CancelTarget[] {
  let missing: Map<string, CancelTarget> | null = null;
  for (const request of requests) {
    if (isFault(request)) continue;
    const { target } = request;
    if (archived.size > 0 && archived.has(targetKey(target))) continue;
    if (sequencer.knows(caller, target)) continue;
    missing ??= new Map();
    missing.set(targetKey(target), target);
  }
  return missing === null ? NONE_MISSING : [...missing.values()];
}

function closedOutcome(order: Order | null): CancelOutcome {
  if (order === null) return UNKNOWN;
  const refusal = closedRefusal(order);
  if (refusal === null) return { outcome: "canceled", order, already: true };
  return refusedOutcome(refusal, order);
}

function heldClosed(sequencer: Sequencer, caller: Caller, target: CancelTarget): Order | null {
  const { recent } = sequencer.partitions;
  const { account } = caller;
  return target.by === "orderId"
    ? seen(caller, recent.closed(account, target.orderId))
    : recent.newestClosedByClOrdId(account, target.clOrdId, (order) => sees(caller, order));
}

function recentlyClosed(turn: Turn, target: CancelTarget): Order | null {
  return target.by === "orderId"
    ? turn.recentlyClosed(target.orderId)
    : turn.recentlyClosedByClOrdId(target.clOrdId);
}

/** Of two closed orders with the same name, the one placed later. */
function newest(recent: Order | null, archived: Order | null): Order | null {
  if (recent === null || archived === null) return recent ?? archived;
  return compareOrderIds(recent.orderId, archived.orderId) > 0 ? recent : archived;
}

/** Whether two targets are the same words. */
export function isSameTarget(one: CancelTarget, other: CancelTarget): boolean {
  return one.by === "orderId"
    ? other.by === "orderId" && one.orderId === other.orderId
    : other.by === "clOrdId" && one.clOrdId === other.clOrdId;
}

/** Equal for targets that are the same words. */
export function targetKey(target: CancelTarget): string {
  return target.by === "orderId" ? `#${target.orderId}` : `@${target.clOrdId}`;
}

function soughtBy(target: CancelTarget) {
  return target.by === "orderId" ? { orderId: target.orderId } : { clOrdId: target.clOrdId };
}
