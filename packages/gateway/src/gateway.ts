/**
 * Wires the parts of one node, starts them in the order of what depends on what, and stops them
 * in the other order. No rule of the business lives here.
 */
import { mkdirSync } from "node:fs";
import { fault } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import {
  type Account,
  type DeskEvent,
  decodeDeskEvent,
  REFERENCE_INSTRUMENTS,
  type UnixMs,
} from "@countermand/core/model";
import { OrderArchive } from "./archive/order-archive.ts";
import { RecentReports } from "./archive/recent-reports.ts";
import { Authenticator } from "./auth/authenticate.ts";
import { KeyStore } from "./auth/key-store.ts";
import type { Config } from "./config.ts";
import { HttpServer } from "./http/http-server.ts";
import { SignedEndpoint, type SignedServices } from "./http/signed-endpoint.ts";
import { type DataDirLock, lockDataDir } from "./journal/data-dir-lock.ts";
import type { Lease } from "./journal/journal.ts";
import { ThreadedJournal } from "./journal/threaded-journal.ts";
import type { Log } from "./ops/log.ts";
import { Metrics } from "./ops/metrics.ts";
import { SANDBOX_KEYS, sandboxAccount } from "./sandbox.ts";
import { MarketClock } from "./sequencer/market-clock.ts";
import { EXCHANGE_PARTITION, Partitions } from "./sequencer/partitions.ts";
import { type Recovered, recoverState } from "./sequencer/recovery.ts";
import { type Answer, type DurableCommit, Sequencer } from "./sequencer/sequencer.ts";
import { Snapshotter } from "./sequencer/snapshotter.ts";
import { deskNames, type NodeLayout, partitionNames, stateHash } from "./sequencer/state.ts";
import { StreamHub } from "./stream/stream-hub.ts";
import type { Clock } from "./sys/clock.ts";
import { TradeService } from "./trade/trade-service.ts";
import { refuseUpgrade } from "./ws/refuse-upgrade.ts";
import { OrderStreamServer } from "./ws/ws-server.ts";

export interface GatewayOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Nothing more may be told: the process must stop at once and recover by replay. */
  readonly onFatal: (error: Error) => void;
  /** Desk partitions of a journal that begins now. */
  readonly deskCount?: number;
  /** Time of orders where it is not the clock's. */
  readonly marketWallMs?: () => number;
  readonly snapshotEveryEventCount?: number;
}

/** What is answered before the node serves. */
const STARTING_DETAILS = "the gateway is reading its journal";

/** Milliseconds that answers under way get when the gateway stops. */
const DRAIN_MS = 5_000;

/** Reports beyond the archive that a start keeps in memory; older ones wait for the archive. */
const RECOVERED_REPORTS_MAX = 200_000;

export class Gateway {
  readonly url: string;
  readonly #node: RunningNode;
  readonly #http: HttpServer;
  readonly #lock: DataDirLock;
  readonly #front: Front;
  readonly #clock: Clock;

  private constructor(
    parts: { url: string; node: RunningNode; http: HttpServer; lock: DataDirLock; front: Front },
    clock: Clock,
  ) {
    this.url = parts.url;
    this.#node = parts.node;
    this.#http = parts.http;
    this.#lock = parts.lock;
    this.#front = parts.front;
    this.#clock = clock;
  }

  /**
   * Takes the data directory, then the port, and touches the journal last: whatever is refused
   * leaves it as it was. Throws JournalError, or the listener's error.
   */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { config, clock } = options;
    mkdirSync(config.dataDir, { recursive: true });
    const lock = lockDataDir(config.dataDir);
    const front: Front = { node: null, draining: false };
    let http: HttpServer | null = null;
    try {
      http = await createHttp(options, front);
      http.server.on("upgrade", (request, socket, head) => {
        if (front.node !== null) front.node.streams.handleUpgrade(request, socket, head);
        else refuseUpgrade(request, socket, fault("STARTING", STARTING_DETAILS));
      });
      const url = await http.listen(config.host, config.port);
      const node = await startNode(options, lock);
      front.node = node;
      return new Gateway({ url, node, http, lock, front }, clock);
    } catch (error) {
      if (http?.server.listening === true) await http.close(Promise.resolve());
      lock.release();
      throw error;
    }
  }

  /** Hash of the whole state, and the journal positions it stands at. */
  stateHash(): Promise<{ readonly hash: string; readonly positions: Record<string, number> }> {
    const { partitions, sequencer } = this.#node;
    return sequencer.read(() => ({
      hash: partitionsHash(partitions),
      positions: Object.fromEntries(positionsOf(partitions)),
    }));
  }

  /**
   * Ends streams, lets answers under way leave, brings everything to the disk, lets the data go.
   */
  async stop(): Promise<void> {
    this.#front.draining = true;
    const deadline = new Promise<void>((resolve) => this.#clock.after(DRAIN_MS, resolve));
    await Promise.all([this.#node.streams.close(), this.#http.close(deadline)]);
    await this.#node.close();
    this.#lock.release();
  }
}

/** What the HTTP server may see while the node comes and goes. */
interface Front {
  node: RunningNode | null;
  draining: boolean;
}

async function createHttp(options: GatewayOptions, front: Front): Promise<HttpServer> {
  const metrics = (): Metrics | undefined => front.node?.metrics;
  const signed = new SignedEndpoint({
    services: () => front.node?.services ?? null,
    isDraining: () => front.draining,
    onBug: options.onFatal,
  });
  return await HttpServer.create({
    signed,
    onAnswered: (route, httpStatus) => metrics()?.answered(route, httpStatus),
    unsigned: {
      wallMs: () => options.clock.wallMs(),
      notReady: () => {
        if (front.draining) return "DRAINING";
        return front.node === null ? "STARTING" : null;
      },
      metrics: async () => (await metrics()?.scrape()) ?? { contentType: "text/plain", text: "" },
    },
  });
}

interface RunningNode {
  readonly partitions: Partitions;
  readonly sequencer: Sequencer;
  readonly services: SignedServices;
  readonly streams: OrderStreamServer;
  readonly metrics: Metrics;
  close(): Promise<void>;
}

async function startNode(options: GatewayOptions, lock: DataDirLock): Promise<RunningNode> {
  const { config, log, onFatal } = options;
  const journal = await ThreadedJournal.open(config.dataDir, { lock, onFailure: onFatal });
  if (journal.keptTail !== null) {
    log.warn({ kept: journal.keptTail, ...journal.inspection.damagedTail }, "journal.damaged_tail");
  }
  const layout = layoutOf(journal.inspection.partitions, options.deskCount ?? 1);
  const recent = new RecentReports();
  const archive = await OrderArchive.open(config.dataDir, deskNames(layout.deskCount), {
    onProjected: (partition, seq) => recent.projected(partition, seq),
    onNotice: (notice) => log.warn(notice, "archive.notice"),
    clock: options.clock,
  });
  const marketClock = new MarketClock({ ...options.clock, wallMs: marketWallMs(options) });
  const recovered = recover(options, layout, { archive, recent, marketClock, journal });
  log.info(
    { replayed: recovered.replayedCount, positions: Object.fromEntries(recovered.positions) },
    "journal.recovered",
  );
  const partitions = await claimAll(journal, layout, recovered, recent);
  return await openNode(options, { journal, layout, archive, partitions, marketClock, recovered });
}

interface NodeParts {
  readonly journal: ThreadedJournal;
  readonly layout: NodeLayout;
  readonly archive: OrderArchive;
  readonly partitions: Partitions;
  readonly marketClock: MarketClock;
  readonly recovered: Recovered;
}

async function openNode(options: GatewayOptions, parts: NodeParts): Promise<RunningNode> {
  const { config, clock, log, onFatal } = options;
  const { journal, layout, archive, partitions, marketClock, recovered } = parts;
  const hub = new StreamHub(layout.instruments);
  const keys = sandboxKeys();
  const snapshotter = new Snapshotter(
    {
      dataDir: config.dataDir,
      layout,
      ...(options.snapshotEveryEventCount !== undefined && {
        everyEventCount: options.snapshotEveryEventCount,
      }),
      onWritten: (path) => log.info({ path }, "snapshot.written"),
      onFailed: (error) => log.error({ reason: error.message }, "snapshot.failed"),
    },
    recovered.replayedCount,
  );
  const durable = new Map(recovered.positions);
  const onDurable = (commit: DurableCommit): void => {
    metrics.committed(commit.eventCount, commit.durationMs);
    hub.publish(commit.reports);
    for (const [partition, seq] of commit.positions) {
      durable.set(partition, seq);
      if (partition !== EXCHANGE_PARTITION) archive.follow(partition, seq);
    }
    snapshotter.committed(commit.eventCount, () => new Map(durable));
  };
  const sequencer = new Sequencer({
    partitions,
    journal,
    clock,
    marketNowMs: () => marketClock.nowMs(),
    onDurable,
    onFailure: onFatal,
    answerAt: (partition, seq) => answerAt(archive, partition, seq),
  });
  const { instruments } = layout;
  const trade = new TradeService({ sequencer, archive, instruments });
  const authenticator = new Authenticator({
    keys,
    wallMs: () => clock.wallMs(),
    windowMs: config.signatureWindowMs,
  });
  for (const { desk } of partitions.desks) {
    for (const book of desk.books()) hub.startAt(book.account, book.streamSeq);
  }
  const streams = new OrderStreamServer({
    authenticator,
    sequencer,
    archive,
    trade,
    hub,
    clock,
    onBug: onFatal,
  });
  const metrics = new Metrics({
    openOrders: () => partitions.openCount,
    streamSessions: () => hub.sessionCount,
    pendingCommands: () => sequencer.pendingCount,
    unarchivedReports: () => partitions.recent.size,
    rememberedRequests: () => sum(partitions.desks.map(({ desk }) => desk.answered.size)),
    pushes: () => hub.sentCount,
    slowReaders: () => hub.slowCount,
  });
  await openSandboxAccounts(sequencer, keys.accounts(), clock);
  return {
    partitions,
    sequencer,
    services: { trade, authenticator },
    streams,
    metrics,
    close: async () => {
      await sequencer.drained();
      await snapshotter.close();
      await archive.close();
      await journal.close();
    },
  };
}

function marketWallMs(options: GatewayOptions): () => number {
  return options.marketWallMs ?? (() => options.clock.wallMs());
}

/** The number of partitions is fixed when a journal begins: later starts find it there. */
function layoutOf(partitions: ReadonlyMap<string, unknown>, deskCount: number): NodeLayout {
  const found = [...partitions.keys()].filter((name) => name !== EXCHANGE_PARTITION).length;
  return { deskCount: found === 0 ? deskCount : found, instruments: REFERENCE_INSTRUMENTS };
}

function recover(
  options: GatewayOptions,
  layout: NodeLayout,
  parts: {
    archive: OrderArchive;
    recent: RecentReports;
    marketClock: MarketClock;
    journal: ThreadedJournal;
  },
): Recovered {
  const { archive, recent, marketClock, journal } = parts;
  const heldAfter = new Map<string, number>();
  for (const partition of deskNames(layout.deskCount)) {
    const last = journal.inspection.partitions.get(partition)?.lastSeq ?? 0;
    const from = Math.max(archive.position(partition), last - RECOVERED_REPORTS_MAX);
    heldAfter.set(partition, from);
    recent.projected(partition, from);
  }
  const recovered = recoverState({
    dataDir: options.config.dataDir,
    layout,
    onReport: (partition, seq, report) => {
      recent.add(partition, seq, report);
      marketClock.seen(report.order.updatedAtMs);
    },
    onPassedOver: (note) => options.log.warn({ note }, "snapshot.passed_over"),
  });
  for (const [partition, from] of heldAfter) {
    const replayedFrom = recovered.snapshotPositions.get(partition) ?? 0;
    recent.projected(partition, Math.max(from, replayedFrom));
    archive.requireThrough(partition, Math.max(from, replayedFrom));
    archive.follow(partition, recovered.positions.get(partition) ?? 0);
  }
  return recovered;
}

async function claimAll(
  journal: ThreadedJournal,
  layout: NodeLayout,
  recovered: Recovered,
  recent: RecentReports,
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
  const { desks, exchange } = recovered.state;
  return new Partitions(
    [...desks].map(([name, desk]) => ({ name, desk, lease: leaseOf(name) })),
    { exchange, lease: leaseOf(EXCHANGE_PARTITION) },
    recent,
  );
}

async function openSandboxAccounts(
  sequencer: Sequencer,
  accounts: readonly Account[],
  clock: Clock,
): Promise<void> {
  for (const account of accounts) {
    if (sequencer.partitions.deskOf(account).desk.book(account) !== null) continue;
    await sequencer.record(account, sandboxAccount(account, clock.wallMs() as UnixMs));
  }
}

function sandboxKeys(): KeyStore {
  const keys = new KeyStore();
  for (const { apiKey, secret, account } of SANDBOX_KEYS) keys.add(apiKey, secret, account);
  return keys;
}

async function answerAt(archive: OrderArchive, partition: string, seq: number): Promise<Answer> {
  const payload = await archive.reportPayload(partition, seq);
  assert(payload !== null, "an answered request stands in the journal");
  const event: DeskEvent = decodeDeskEvent(payload);
  assert(event.type === "RequestAnswered", "an answered request stands where memory says");
  return { httpStatus: event.httpStatus, body: event.body };
}

function partitionsHash({ desks, exchange }: Partitions): string {
  const byName = new Map(desks.map(({ name, desk }) => [name, desk]));
  return stateHash({ desks: byName, exchange: exchange.exchange });
}

function positionsOf({ desks, exchange }: Partitions): [string, number][] {
  const rows = desks.map(({ name, lease }): [string, number] => [name, lease.seq]);
  return [...rows, [EXCHANGE_PARTITION, exchange.lease.seq]];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
