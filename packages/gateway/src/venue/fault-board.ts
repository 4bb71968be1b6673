/**
 * The faults that clients of the sandbox asked for, per key, and those that recipe quantities bring
 * about. A test tool: held in memory alone, gone after a restart. What happens at which occasion is
 * a function of the seeds and of the order of the occasions.
 */
import {
  FAULT_SPECS,
  type FaultKind,
  type FaultOccasion,
  type FaultRequest,
  type FaultView,
  faultSpec,
} from "@countermand/contract";
import {
  type Account,
  hasWholeUnits,
  type InstrumentSource,
  InstrumentTable,
  type Order,
  type OrderId,
} from "@countermand/core/model";
import { Random } from "@countermand/core/participants";
import type { Caller } from "../auth/key-store.ts";
import { type FiredFault, planOf, type VenueFaults, type VenuePlan } from "./fault-plan.ts";
import { ARMED_PER_KEY_MAX, MARKS_MAX } from "./limits.ts";

export type FrameFault = "DroppedFrame" | "RepeatedFrame";

export interface FaultBoardOptions {
  readonly instruments: InstrumentSource;
  /** Keys whose orders recipe quantities work for; none where recipes are switched off. */
  readonly recipeKeys: ReadonlySet<string>;
}

interface Armed {
  readonly id: number;
  readonly request: FaultRequest;
  readonly random: Random;
  firedCount: number;
}

interface KeyFaults {
  armed: Armed[];
  lastId: number;
  readonly venue: VenueFaults;
}

const KIND_BY_LOTS = new Map(FAULT_SPECS.map((spec) => [BigInt(spec.recipeLots), spec.kind]));
const KIND_BY_FRACTION_LOTS = new Map(
  FAULT_SPECS.map((spec) => [BigInt(spec.recipeFractionLots), spec.kind]),
);

/** Nearly all quantities are smaller, which is seen without a division. */
const LEAST_RECIPE_LOTS = BigInt(Math.min(...FAULT_SPECS.map(({ recipeLots }) => recipeLots)));

export class FaultBoard {
  readonly #instruments: InstrumentTable;
  readonly #recipeKeys: ReadonlySet<string>;
  readonly #keys = new Map<string, KeyFaults>();
  /** Faults of frames to come, by account and stream number; oldest first. */
  readonly #markedFrames = new Map<string, FrameFault>();
  /** Orders whose cancel a recipe has spoilt: once is enough. Oldest first. */
  readonly #spoiltCancels = new Set<OrderId>();
  /** Keys whose answer under way is to be lost. */
  readonly #markedAnswers = new Set<string>();

  constructor({ instruments, recipeKeys }: FaultBoardOptions) {
    this.#instruments = InstrumentTable.of(instruments);
    this.#recipeKeys = recipeKeys;
  }

  /** Null when the key has as many as it may have that are not spent. */
  arm(apiKey: string, request: FaultRequest): FaultView | null {
    const faults = this.#of(apiKey);
    if (faults.armed.length >= ARMED_PER_KEY_MAX) {
      const spent = faults.armed.find(isSpent);
      if (spent === undefined) return null;
      faults.armed = faults.armed.filter((each) => each !== spent);
    }
    faults.lastId += 1;
    const random = Random.seeded(request.seed, faultSpec(request.kind).word);
    const armed = { id: faults.lastId, request, random, firedCount: 0 };
    faults.armed.push(armed);
    return viewOf(armed);
  }

  /** In the order in which they were armed, spent ones included. */
  list(apiKey: string): FaultView[] {
    return (this.#keys.get(apiKey)?.armed ?? []).map(viewOf);
  }

  /** Disarms all faults of a key; how many there were. What is under way goes on. */
  clear(apiKey: string): number {
    const faults = this.#keys.get(apiKey);
    const count = faults?.armed.length ?? 0;
    if (faults !== undefined) faults.armed = [];
    return count;
  }

  /** What the venue does worse for a caller; null where nothing can happen. */
  venueFaults({ apiKey }: Caller): VenueFaults | null {
    const isIdle = (this.#keys.get(apiKey)?.armed.length ?? 0) === 0;
    if (isIdle && !this.#recipeKeys.has(apiKey)) return null;
    return this.#of(apiKey).venue;
  }

  /** What becomes of a frame that is about to be sent on a connection of the caller. */
  frameFault({ apiKey, account }: Caller, seq: number): FrameFault | null {
    // Asked for every frame of every socket, and hardly ever is any marked.
    const marked =
      this.#markedFrames.size > 0 && this.#recipeKeys.has(apiKey)
        ? this.#markedFrames.get(frameName(account, seq))
        : undefined;
    if (marked !== undefined) return marked;
    return (this.#draw(apiKey, "Frame")?.kind as FrameFault | undefined) ?? null;
  }

  /** Whether the answer to the write that was just decided is to be lost. */
  losesAnswer({ apiKey }: Caller): boolean {
    return this.#markedAnswers.delete(apiKey) || this.#draw(apiKey, "Answer") !== null;
  }

  #of(apiKey: string): KeyFaults {
    const known = this.#keys.get(apiKey);
    if (known !== undefined) return known;
    const venue: VenueFaults = {
      ofOrder: (placing) => this.#planOf(apiKey, "Order", placing),
      ofCancel: (order) => this.#planOf(apiKey, "Cancel", order),
      placed: (order) => this.#mark(apiKey, order),
    };
    const added: KeyFaults = { armed: [], lastId: 0, venue };
    this.#keys.set(apiKey, added);
    return added;
  }

  /** What was asked for comes before what the quantity says. */
  #planOf(apiKey: string, occasion: FaultOccasion, order: Order): VenuePlan | null {
    const fired = this.#draw(apiKey, occasion) ?? this.#recipe(apiKey, occasion, order);
    return fired === null ? null : planOf(fired);
  }

  #recipe(apiKey: string, occasion: FaultOccasion, order: Order): FiredFault | null {
    if (!this.#recipeKeys.has(apiKey)) return null;
    const kind = this.#recipeKind(order);
    if (kind === undefined || faultSpec(kind).occasion !== occasion) return null;
    if (occasion === "Cancel") {
      if (this.#spoiltCancels.has(order.orderId)) return null;
      this.#spoiltCancels.add(order.orderId);
      forgetOldest(this.#spoiltCancels);
    }
    return { kind, delayMs: faultSpec(kind).delayMs ?? 0 };
  }

  #recipeKind({ symbol, orderQty }: Order): FaultKind | undefined {
    const instrument = this.#instruments.find(symbol);
    if (instrument === null || orderQty < LEAST_RECIPE_LOTS * instrument.lotQty) return undefined;
    if (orderQty % instrument.lotQty !== 0n) return undefined;
    const kinds = hasWholeUnits(instrument) ? KIND_BY_LOTS : KIND_BY_FRACTION_LOTS;
    return kinds.get(orderQty / instrument.lotQty);
  }

  /** A recipe about what is told: it happens to the message, or the answer, of the placing. */
  #mark(apiKey: string, order: Order): void {
    if (!this.#recipeKeys.has(apiKey)) return;
    const kind = this.#recipeKind(order);
    if (kind === "LostAnswer") {
      this.#markedAnswers.add(apiKey);
    } else if (kind === "DroppedFrame" || kind === "RepeatedFrame") {
      this.#markedFrames.set(frameName(order.account, order.streamSeq), kind);
      forgetOldest(this.#markedFrames);
    }
  }

  /** Each fault that waits for such an occasion draws until one happens. */
  #draw(apiKey: string, occasion: FaultOccasion): FiredFault | null {
    const armed = this.#keys.get(apiKey)?.armed ?? NONE;
    for (const each of armed) {
      const { kind, delayMs, probability } = each.request;
      if (isSpent(each) || faultSpec(kind).occasion !== occasion) continue;
      if (each.random.stepped(1n, ONE_IN_UNITS, 1n) > probability) continue;
      each.firedCount += 1;
      return { kind, delayMs };
    }
    return null;
  }
}

const NONE: readonly Armed[] = [];
const ONE_IN_UNITS = 100_000_000n;

/** Keeps the bound of what is remembered for recipes. */
function forgetOldest<K>(marks: Pick<Map<K, unknown>, "size" | "keys" | "delete">): void {
  if (marks.size <= MARKS_MAX) return;
  const { value, done } = marks.keys().next();
  if (done !== true) marks.delete(value);
}

function isSpent({ firedCount, request }: Armed): boolean {
  return firedCount >= request.count;
}

function viewOf({ id, request, firedCount }: Armed): FaultView {
  return { ...request, id, firedCount };
}

function frameName(account: Account, seq: number): string {
  return `${account} ${seq}`;
}
