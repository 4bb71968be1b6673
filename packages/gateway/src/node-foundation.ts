/**
 * What a node stands on: the journal, verified and opened, and the state that it was replayed to.
 */
import { randomBytes } from "node:crypto";
import { assert } from "@countermand/core/assert";
import type { ApiKeys } from "@countermand/core/control";
import type { TradeTape } from "@countermand/core/market-data";
import { archivedSeqs } from "./archive/archive-file.ts";
import { OrderArchive } from "./archive/order-archive.ts";
import { RecentReports } from "./archive/recent-reports.ts";
import { KeyStore } from "./auth/key-store.ts";
import type { Config } from "./config.ts";
import type { DataDirLock } from "./journal/data-dir-lock.ts";
import type { Lease } from "./journal/journal.ts";
import { JournalReader } from "./journal/journal-reader.ts";
import { ThreadedJournal } from "./journal/threaded-journal.ts";
import { recoverTape } from "./market/recover-tape.ts";
import { type NodeRules, nodeRules, requireSameRules } from "./market-rules.ts";
import type { NodeThreads } from "./node-threads.ts";
import type { Log } from "./ops/log.ts";
import { requireSameProfile } from "./profile.ts";
import { type ReceiptKeys, receiptKeys } from "./receipts/receipt-keys.ts";
import { SANDBOX_KEYS, type SandboxKey } from "./sandbox.ts";
import { CONTROL_PARTITION } from "./sequencer/control-partition.ts";
import { MarketClock } from "./sequencer/market-clock.ts";
import { snapshotIfOverdue } from "./sequencer/overdue-snapshot.ts";
import { EXCHANGE_PARTITION, Partitions } from "./sequencer/partitions.ts";
import { type Recovered, recoverState } from "./sequencer/recovery.ts";
import { SESSION_PARTITION, Sessions } from "./sequencer/sessions.ts";
import { deskNames, isDeskName, type NodeLayout, partitionNames } from "./sequencer/state.ts";
import { HISTORY_PARTITION, Histories } from "./stream/histories.ts";
import type { Clock } from "./sys/clock.ts";

export interface NodeOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Nothing more may be told: the process must stop at once and recover by replay. */
  readonly onFatal: (error: Error) => void;
  /** Desk partitions of a journal that begins now; 1 by default. */
  readonly deskCount?: number;
  /** Time of orders where it is not the clock's. */
  readonly marketWallMs?: () => number;
  readonly snapshotEveryEventCount?: number;
  /** Bytes of the journal from which on it is replayed while it is verified. */
  readonly longJournalBytes?: number;
  /** Where they are on their way already. A start that fails leaves them to whoever made them. */
  readonly threads?: NodeThreads;
  /** The public ones by default. */
  readonly sandboxKeys?: readonly SandboxKey[];
}

/** What is there before anything may be decided. */
export interface Foundation {
  /** Of receipts; null where they are off. */
  readonly signing: ReceiptKeys | null;
  readonly journal: ThreadedJournal;
  readonly rules: NodeRules;
  readonly layout: NodeLayout;
  readonly archive: OrderArchive;
  readonly recent: RecentReports;
  readonly marketClock: MarketClock;
  readonly recovered: Recovered;
  /** Events that the newest snapshot lacks. */
  readonly behindSnapshotCount: number;
  readonly tape: TradeTape;
  readonly partitions: Partitions;
  readonly keys: KeyStore;
  readonly histories: Histories;
}

/** Reports beyond the archive that a start keeps in memory; older ones wait for the archive. */
const RECOVERED_REPORTS_MAX = 200_000;

/** Reason: nobody meets the name of another start by chance. */
const HISTORY_NAME_BYTES = 8;

/** What a replay came to: a state, and beside it what memory holds of the journal. */
interface Replayed {
  readonly recent: RecentReports;
  /** Of each desk partition, the position behind which reports are held. */
  readonly heldAfter: ReadonlyMap<string, number>;
  readonly recovered: Recovered;
  /** Trades and candles of earlier starts. */
  readonly tape: TradeTape;
}

/** A replay of a journal that was not verified yet: what became of it counts only when it is. */
type Attempt = { readonly replayed: Replayed } | { readonly problem: unknown };

/** Precondition: the data directory is locked. Throws JournalError. */
export async function layFoundation(options: NodeOptions, lock: DataDirLock): Promise<Foundation> {
  const { config, clock, log } = options;
  // Before the journal is touched: an unusable key refuses the start.
  const signing = receiptKeys(config.receiptKeyFile, config.dataDir);
  const rules = nodeRules(config.marketRules, config.marketSeed);
  const { journal, early } = await openJournal(options, rules, lock);
  let recent: RecentReports | null = null;
  const layout = layoutOf(journal.inspection.partitions.keys(), rules, options);
  const marketClock = new MarketClock({
    wallMs: options.marketWallMs ?? (() => clock.wallMs()),
    monotonicMs: () => clock.monotonicMs(),
  });
  let archive: OrderArchive | null = null;
  try {
    const opened = await openArchive(options, layout, (partition, seq) => {
      recent?.projected(partition, seq);
    });
    archive = opened;
    const archived = (partition: string) => opened.position(partition);
    const replayed = early === null ? replay(options, layout, archived) : outcomeOf(early);
    recent = replayed.recent;
    const { recovered, tape } = replayed;
    const positions = Object.fromEntries(recovered.positions);
    log.info({ replayed: recovered.replayedCount, positions }, "journal.recovered");
    const behindSnapshotCount = snapshotIfOverdue(recovered, {
      dataDir: config.dataDir,
      layout,
      everyEventCount: options.snapshotEveryEventCount,
      ...snapshotLog(log),
    });
    goOn(replayed, archive, marketClock);
    const keys = keysOf(recovered.state.control.keys, options);
    keys.requireReadable();
    const base = { signing, journal, rules, layout, archive, recent, marketClock };
    const partitions = await claimAll(base, recovered);
    const histories = await beginHistory(journal, config.dataDir, recovered);
    return { ...base, recovered, behindSnapshotCount, tape, partitions, keys, histories };
  } catch (error) {
    await letGo(archive, journal);
    throw error;
  }
}

/** What is told of each snapshot, whoever makes it. */
export function snapshotLog(log: Log) {
  return {
    onWritten: (path: string) => log.info({ path }, "snapshot.written"),
    onFailed: (error: Error) => log.error({ reason: error.message }, "snapshot.failed"),
  };
}

/** Closes what a failed start had opened. The reason for it is what is told, and nothing else. */
export async function letGo(...opened: ({ close(): Promise<void> } | null)[]): Promise<void> {
  for (const each of opened) await each?.close().catch(() => {});
}

function openArchive(
  { config, clock, log, threads }: NodeOptions,
  { deskCount }: NodeLayout,
  onProjected: (partition: string, seq: number) => void,
): Promise<OrderArchive> {
  return OrderArchive.open(config.dataDir, deskNames(deskCount), {
    onProjected,
    onNotice: (notice) => {
      const isFirstStart = notice.type === "Rebuilding" && notice.reason === "Missing";
      if (isFirstStart) log.info(notice, "archive.notice");
      else log.warn(notice, "archive.notice");
    },
    clock,
    thread: threads?.archive,
  });
}

/** With what was done meanwhile where the journal is a long one. */
async function openJournal(
  options: NodeOptions,
  rules: NodeRules,
  lock: DataDirLock,
): Promise<{ readonly journal: ThreadedJournal; readonly early: Attempt | null }> {
  const { config, log, onFatal, threads } = options;
  const attempts: Attempt[] = [];
  const journal = await ThreadedJournal.open(config.dataDir, {
    lock,
    thread: threads?.journal,
    onFailure: onFatal,
    reserveBytes: config.diskReserveMb * 1024 * 1024,
    onInspected: (inspection) => {
      requireSameProfile(config.dataDir, inspection, config.profile);
      requireSameRules(config.dataDir, inspection, rules);
    },
    meanwhile: () => {
      attempts.push(attempt(options, rules));
    },
    ...(options.longJournalBytes !== undefined && { longBytes: options.longJournalBytes }),
  });
  const { inspection, keptTail } = journal;
  if (keptTail !== null) {
    log.warn({ kept: keptTail, ...inspection.damagedTail }, "journal.damaged_tail");
  }
  return { journal, early: attempts[0] ?? null };
}

/**
 * The number of partitions is fixed when a journal begins: later starts find it there.
 * @param names of the partitions that the journal has
 */
function layoutOf(
  names: Iterable<string>,
  { instruments, deskRules }: NodeRules,
  { deskCount = 1 }: NodeOptions,
): NodeLayout {
  const found = [...names].filter(isDeskName).length;
  return { deskCount: found === 0 ? deskCount : found, instruments, deskRules };
}

/** While the journal is verified: reads only, and lets nothing out but its outcome. */
function attempt(options: NodeOptions, rules: NodeRules): Attempt {
  const { dataDir } = options.config;
  try {
    const layout = layoutOf(journalEnds(dataDir).keys(), rules, options);
    const archived = archivedSeqs(dataDir);
    const replayed = replay(options, layout, (partition) => archived.get(partition) ?? 0);
    return { replayed };
  } catch (problem) {
    return { problem };
  }
}

function outcomeOf(early: Attempt): Replayed {
  if ("problem" in early) throw early.problem;
  return early.replayed;
}

/**
 * Reads the journal into a state. Memory keeps the reports that the archive lacks.
 * @param archived the last position of a partition that the archive has, or seems to have
 */
function replay(
  { config, log }: NodeOptions,
  layout: NodeLayout,
  archived: (partition: string) => number,
): Replayed {
  const { dataDir } = config;
  const ends = journalEnds(dataDir);
  const recent = new RecentReports();
  const heldAfter = new Map<string, number>();
  for (const partition of deskNames(layout.deskCount)) {
    const last = ends.get(partition) ?? 0;
    // An archive that nobody has checked may be of a later journal than this one, a restored one.
    const reached = Math.min(archived(partition), last);
    const from = Math.max(reached, last - RECOVERED_REPORTS_MAX);
    heldAfter.set(partition, from);
    recent.projected(partition, from);
  }
  const recovered = recoverState({
    dataDir,
    layout,
    onDeskEvent: (partition, seq, event) => recent.add(partition, seq, event),
    onPassedOver: (note) => log.warn({ note }, "snapshot.passed_over"),
  });
  return { recent, heldAfter, recovered, tape: tapeOf(dataDir, recovered) };
}

function tapeOf(dataDir: string, { state, positions }: Recovered): TradeTape {
  const reader = new JournalReader(dataDir);
  try {
    const { all } = state.control.table;
    return recoverTape(reader, all, positions.get(EXCHANGE_PARTITION) ?? 0);
  } finally {
    reader.close();
  }
}

function journalEnds(dataDir: string): ReadonlyMap<string, number> {
  const reader = new JournalReader(dataDir);
  try {
    return reader.ends();
  } finally {
    reader.close();
  }
}

/** What neither memory nor the archive has, the archive is waited for. */
function goOn(
  { recent, heldAfter, recovered }: Replayed,
  archive: OrderArchive,
  marketClock: MarketClock,
): void {
  // The desks know the times of all reports, also of those that a snapshot replaced.
  for (const desk of recovered.state.desks.values()) marketClock.seen(desk.lastReportAtMs);
  const { reachedMs, speed } = recovered.state.session;
  marketClock.seen(reachedMs);
  // A clock that was set stood still while the node was down.
  if (speed !== null) marketClock.run(reachedMs, speed);
  for (const [partition, from] of heldAfter) {
    const notHeld = Math.max(from, recovered.snapshotPositions.get(partition) ?? 0);
    recent.projected(partition, notHeld);
    archive.requireThrough(partition, notHeld);
    archive.follow(partition, recovered.positions.get(partition) ?? 0);
  }
}

async function claimAll(
  {
    journal,
    rules,
    layout,
    recent,
  }: Omit<
    Foundation,
    "recovered" | "behindSnapshotCount" | "tape" | "partitions" | "keys" | "histories"
  >,
  recovered: Recovered,
): Promise<Partitions> {
  const leases = new Map<string, Lease>();
  for (const name of partitionNames(layout)) {
    const lease = await journal.claim(name, `pid ${process.pid}`);
    assert(
      lease.lastSeq === recovered.positions.get(name),
      "the journal ends where it was read to",
    );
    leases.set(name, lease);
  }
  const leaseOf = (name: string) => {
    const lease = leases.get(name);
    assert(lease !== undefined, "every partition was claimed");
    return { epoch: lease.epoch, seq: lease.lastSeq };
  };
  const { desks, exchange, session, control } = recovered.state;
  const { profile, seed } = rules;
  return new Partitions(
    [...desks].map(([name, desk]) => ({ name, desk, lease: leaseOf(name) })),
    { exchange, lease: leaseOf(EXCHANGE_PARTITION) },
    recent,
    new Sessions({
      profile,
      seed,
      instruments: control.table,
      exchange,
      state: session,
      lease: leaseOf(SESSION_PARTITION),
    }),
    { state: control, lease: leaseOf(CONTROL_PARTITION) },
  );
}

/** On stable storage before anybody hears its name. */
async function beginHistory(
  journal: ThreadedJournal,
  dataDir: string,
  { state }: Recovered,
): Promise<Histories> {
  const histories = historiesOf(dataDir);
  const books = [...state.desks.values()].flatMap((desk) => [...desk.books()]);
  const streams = books.map(({ account, streamSeq }) => [account, streamSeq] as const);
  const name = randomBytes(HISTORY_NAME_BYTES).toString("hex");
  const payloads = histories.decideBegin(name, streams);
  const { partition, epoch, lastSeq } = await journal.claim(
    HISTORY_PARTITION,
    `pid ${process.pid}`,
  );
  const outcome = await journal.append([{ partition, epoch, expectedSeq: lastSeq, payloads }]);
  assert(outcome === "committed", "nobody else writes to a journal that is locked");
  for (const payload of payloads) histories.apply(payload);
  return histories;
}

function historiesOf(dataDir: string): Histories {
  const reader = new JournalReader(dataDir);
  try {
    return new Histories(reader.records(HISTORY_PARTITION, 0));
  } finally {
    reader.close();
  }
}

/** Production has no keys but those that operators make. */
function keysOf(journaled: ApiKeys, options: NodeOptions): KeyStore {
  const { config, sandboxKeys = SANDBOX_KEYS } = options;
  const { masterKey: current, previousMasterKey: previous, profile } = config;
  const keys = new KeyStore(journaled, { current, previous });
  if (profile === "production") return keys;
  for (const { apiKey, secret, account } of sandboxKeys) keys.add(apiKey, secret, account);
  return keys;
}
