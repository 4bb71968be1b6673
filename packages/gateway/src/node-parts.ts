/** Parts of a node that follow from its configuration and from what it stands on. */
import { assert } from "@countermand/core/assert";
import type { InstrumentTable } from "@countermand/core/model";
import type { OrderArchive } from "./archive/order-archive.ts";
import { Authenticator } from "./auth/authenticate.ts";
import type { Caller, KeyStore } from "./auth/key-store.ts";
import { Budgets } from "./limits/budgets.ts";
import type { EffectiveLimits } from "./limits/limit-source.ts";
import { OrderLimits } from "./limits/order-guard.ts";
import { PublicMarket } from "./market/public-market.ts";
import { exceptSimulated } from "./market-sim/sandbox-traders.ts";
import { type Foundation, type NodeOptions, snapshotLog } from "./node-foundation.ts";
import { SANDBOX_KEYS } from "./sandbox.ts";
import type { Partitions } from "./sequencer/partitions.ts";
import { answerIn } from "./sequencer/remembered-answer.ts";
import type { Answer } from "./sequencer/sequencer.ts";
import { makeInThread, Snapshotter } from "./sequencer/snapshotter.ts";
import { StreamHub } from "./stream/stream-hub.ts";
import type { Clock } from "./sys/clock.ts";
import { FaultBoard } from "./venue/fault-board.ts";

/** None without rules, which a reload may change. */
export function budgetsOf({ config, clock }: NodeOptions, partitions: Partitions): Budgets {
  return new Budgets({
    rules: () => config.budgets,
    monotonicMs: () => clock.monotonicMs(),
    openCount: (caller) => openCountFor(caller, partitions),
  });
}

/** Of its portfolios, where the caller has only some. */
function openCountFor({ account, portfolioIds }: Caller, partitions: Partitions): number {
  const book = partitions.deskOf(account).desk.book(account);
  if (book === null) return 0;
  if (portfolioIds === undefined) return book.openCount;
  return [...portfolioIds].reduce((sum, each) => sum + book.openCountIn(each), 0);
}

export function marketOf(
  { partitions, tape, marketClock }: Foundation,
  clock: Clock,
): PublicMarket {
  const { control, exchange } = partitions;
  return new PublicMarket({ instruments: control.table, exchange, tape, marketClock, clock });
}

/** Nobody holds the simulated traders to limits. */
export function limitsOf({ clock }: NodeOptions, limits: EffectiveLimits): OrderLimits {
  return new OrderLimits(exceptSimulated(limits), () => clock.monotonicMs());
}

/** Streams go on where they stand. */
export function hubOf({ partitions }: Foundation): StreamHub {
  const hub = new StreamHub(partitions.control.table);
  for (const { desk } of partitions.desks) {
    for (const { account, streamSeq } of desk.books()) hub.startAt(account, streamSeq);
  }
  return hub;
}

/** Makes its snapshots in a thread, of what is durable. */
export function snapshotterOf(
  options: NodeOptions,
  foundation: Foundation,
  positions: () => ReadonlyMap<string, number>,
): Snapshotter {
  const { layout, partitions, behindSnapshotCount } = foundation;
  const { config, clock, log, snapshotEveryEventCount } = options;
  return new Snapshotter(
    {
      dataDir: config.dataDir,
      layout,
      clock,
      ...(snapshotEveryEventCount !== undefined && { everyEventCount: snapshotEveryEventCount }),
      openCount: () => partitions.openCount,
      positions,
      make: makeInThread,
      ...snapshotLog(log),
    },
    behindSnapshotCount,
  );
}

/** Recipes are for the sandbox's keys, where they are on. */
export function faultBoardOf(options: NodeOptions, instruments: InstrumentTable): FaultBoard {
  const { config, sandboxKeys = SANDBOX_KEYS } = options;
  const keys =
    config.profile === "sandbox" && config.sandboxRecipes === "on"
      ? sandboxKeys.map(({ apiKey }) => apiKey)
      : [];
  return new FaultBoard({ instruments, recipeKeys: new Set(keys) });
}

export function authenticatorOf({ config, clock }: NodeOptions, keys: KeyStore): Authenticator {
  return new Authenticator({
    keys,
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    windowMs: () => config.signatureWindowMs,
    addressHeader: config.clientAddressHeader,
  });
}

/** The answer that was given at a position. */
export async function answerAt(
  archive: OrderArchive,
  partition: string,
  seq: number,
): Promise<Answer> {
  const payload = await archive.reportPayload(partition, seq);
  assert(payload !== null, "an answered request stands in the journal");
  return answerIn(payload);
}
