/**
 * Figures for the operator, in Prometheus' form. The hot path only adds to plain numbers; the
 * library sees them when somebody asks.
 */
import { errorSpec } from "@countermand/contract";
import { type HoldScope, MARKET_MODES, type MarketMode } from "@countermand/core/control";
import { LIMIT_CHECKS } from "@countermand/core/limits";
import type { MarketGroup, RefusalName } from "@countermand/core/model";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { VERSION } from "../version.ts";
import { Durations, type DurationsSpec } from "./durations.ts";

/** Read when metrics are asked for. */
export interface Gauges {
  readonly openOrders: () => number;
  readonly streamSessions: () => number;
  readonly pendingCommands: () => number;
  readonly unarchivedReports: () => number;
  readonly rememberedRequests: () => number;
  readonly unkeptRefusals: () => number;
  readonly pushes: () => number;
  readonly slowReaders: () => number;
  readonly shedRequests: () => number;
  /** By the budget's name. */
  readonly overBudget: () => ReadonlyMap<string, number>;
  readonly commitWaitingSeconds: () => number;
  /** 0 or 1. */
  readonly diskFull: () => number;
  /** NaN where the disk does not say. */
  readonly diskFreeBytes: () => Promise<number>;
  readonly diskReserveBytes: () => number;
  /** Unix seconds; null where the gateway speaks no TLS. */
  readonly certificateExpiry: () => number | null;
  readonly activeBlocks: () => number;
  readonly marketModes: () => readonly (readonly [market: MarketGroup, mode: MarketMode])[];
  /** By `scope refusal`. */
  readonly heldBack: () => ReadonlyMap<string, number>;
  /** By `scope refusal`. */
  readonly limitRefusals: () => ReadonlyMap<string, number>;
  readonly marketSessions: () => number;
  readonly marketMessages: () => number;
  readonly marketDropped: () => number;
  readonly simulatedCommands: () => number;
}

/** What has no row in the route table. */
export const OTHER_ROUTE = "other";

const COMMIT_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1];
const COMMIT_EVENTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** By name, then by HTTP status. */
type Counts = Map<string, Map<number, number>>;
type Labelled = readonly [name: string, help: string, label: string];

const HTTP_REQUESTS: Labelled = [
  "countermand_http_requests_total",
  "HTTP requests answered, by route and status.",
  "route",
];
const SOCKET_COMMANDS: Labelled = [
  "countermand_socket_commands_total",
  "Commands on order streams answered, by op and status.",
  "op",
];
const HTTP_DURATIONS: DurationsSpec = {
  metric: "countermand_http_request_duration_seconds",
  help: "Time from reading a request until its answer left, by route.",
  label: "route",
};
const SOCKET_DURATIONS: DurationsSpec = {
  metric: "countermand_socket_command_duration_seconds",
  help: "Time from taking a command on an order stream until its reply left, by op.",
  label: "op",
};

export class Metrics {
  readonly #registry = new Registry();
  /** By route, then by status. */
  readonly #answered: Counts = new Map();
  readonly #routeDurations = new Durations(HTTP_DURATIONS);
  /** By op, then by status. */
  readonly #commanded: Counts = new Map();
  readonly #opDurations = new Durations(SOCKET_DURATIONS);
  #clientRequestCount = 0;
  readonly #commitSeconds: Histogram;
  readonly #commitEvents: Histogram;

  constructor(gauges: Gauges) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#commitSeconds = new Histogram({
      name: "countermand_commit_seconds",
      help: "Time from handing a commit to the journal until it was on stable storage.",
      buckets: COMMIT_SECONDS,
      registers,
    });
    this.#commitEvents = new Histogram({
      name: "countermand_commit_events",
      help: "Events in one commit.",
      buckets: COMMIT_EVENTS,
      registers,
    });
    addBuildInfo(registers);
    addAnswered(registers, this.#answered, ...HTTP_REQUESTS);
    addAnswered(registers, this.#commanded, ...SOCKET_COMMANDS);
    addOverBudget(registers, gauges.overBudget);
    addLimitRefusals(registers, gauges.limitRefusals);
    addHeldBack(registers, gauges.heldBack);
    addMarketModes(registers, gauges.marketModes);
    addCertificateExpiry(registers, gauges.certificateExpiry);
    for (const [key, name, help] of GAUGE_SPECS) addGauge(registers, name, help, gauges[key]);
    for (const [key, name, help] of COUNTER_SPECS) addCounter(registers, name, help, gauges[key]);
  }

  /** Requests to routes of the contract, in contrast to probes and scrapes. */
  get clientRequestCount(): number {
    return this.#clientRequestCount;
  }

  answered(route: string, httpStatus: number, tookMs: number): void {
    if (route !== OTHER_ROUTE) this.#clientRequestCount += 1;
    countOne(this.#answered, route, httpStatus);
    this.#routeDurations.add(route, tookMs);
  }

  /** A command on a socket. */
  commanded(op: string, httpStatus: number, tookMs: number): void {
    countOne(this.#commanded, op, httpStatus);
    this.#opDurations.add(op, tookMs);
  }

  committed(eventCount: number, durationMs: number): void {
    this.#commitEvents.observe(eventCount);
    this.#commitSeconds.observe(durationMs / 1000);
  }

  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    const rest = await this.#registry.metrics();
    const durations = `${this.#routeDurations.text()}\n${this.#opDurations.text()}`;
    return { contentType: this.#registry.contentType, text: `${rest}\n${durations}` };
  }
}

function countOne(counts: Counts, name: string, httpStatus: number): void {
  let ofName = counts.get(name);
  if (ofName === undefined) {
    ofName = new Map();
    counts.set(name, ofName);
  }
  ofName.set(httpStatus, (ofName.get(httpStatus) ?? 0) + 1);
}

function addAnswered(
  registers: Registry[],
  all: Counts,
  name: string,
  help: string,
  label: string,
): void {
  new Counter({
    name,
    help,
    labelNames: [label, "status"],
    registers,
    collect() {
      this.reset();
      for (const [of, counts] of all) {
        for (const [status, count] of counts) this.inc({ [label]: of, status }, count);
      }
    },
  });
}

/** Which version is running, in the form in which Prometheus' own programs tell it. */
function addBuildInfo(registers: Registry[]): void {
  new Gauge({
    name: "countermand_build_info",
    help: "Always 1; the label is the version that is running.",
    labelNames: ["version"],
    registers,
  }).set({ version: VERSION }, 1);
}

/** 0 open, 1 cancels only, 2 halted. */
function addMarketModes(registers: Registry[], read: Gauges["marketModes"]): void {
  new Gauge({
    name: "countermand_market_mode",
    help: "What a market takes by operators: 0 all, 1 cancels only, 2 nothing and it does not match.",
    labelNames: ["market"],
    registers,
    collect() {
      for (const [market, mode] of read()) this.set({ market }, MARKET_MODES.indexOf(mode));
    },
  });
}

/** Without a certificate there is no sample, so that no alert takes a 0 for one that has ended. */
function addCertificateExpiry(registers: Registry[], read: Gauges["certificateExpiry"]): void {
  new Gauge({
    name: "countermand_certificate_expiry_timestamp_seconds",
    help: "When the certificate of the listeners, or another of its chain, ends.",
    registers,
    collect() {
      const seconds = read();
      if (seconds === null) this.remove();
      else this.set(seconds);
    },
  });
}

/** Every limit's counter is there from the start: what was never refused is 0. */
function addLimitRefusals(registers: Registry[], read: Gauges["limitRefusals"]): void {
  new Counter({
    name: "countermand_limit_refusals_total",
    help: "New orders and amends refused by a limit of their account or of their key.",
    labelNames: ["scope", "reason"],
    registers,
    collect() {
      this.reset();
      const counts = read();
      for (const scope of ["account", "key"]) {
        for (const { refused } of LIMIT_CHECKS) {
          const { reason } = errorSpec(refused);
          this.inc({ scope, reason }, counts.get(`${scope} ${refused}`) ?? 0);
        }
      }
    },
  });
}

/** Which decisions of operators refuse orders, and how far each may reach. */
const HOLD_REASONS: readonly (readonly [RefusalName, readonly HoldScope[]])[] = [
  ["BLOCKED", ["key", "portfolio", "account", "market", "gateway"]],
  ["MARKET_CANCEL_ONLY", ["market", "gateway"]],
  ["MARKET_HALTED", ["market", "gateway"]],
  ["INSTRUMENT_HALTED", ["instrument"]],
  ["INSTRUMENT_RETIRED", ["instrument"]],
];

function addHeldBack(registers: Registry[], read: Gauges["heldBack"]): void {
  new Counter({
    name: "countermand_operator_refusals_total",
    help: "New orders and amends refused by a block, a mode or a halt of an operator.",
    labelNames: ["scope", "reason"],
    registers,
    collect() {
      this.reset();
      const counts = read();
      for (const [refused, scopes] of HOLD_REASONS) {
        const { reason } = errorSpec(refused);
        for (const scope of scopes)
          this.inc({ scope, reason }, counts.get(`${scope} ${refused}`) ?? 0);
      }
    },
  });
}

function addOverBudget(registers: Registry[], read: Gauges["overBudget"]): void {
  new Counter({
    name: "countermand_over_budget_total",
    help: "Requests and commands refused because their key's budget was used up.",
    labelNames: ["budget"],
    registers,
    collect() {
      this.reset();
      for (const budget of ["place", "cancel"]) this.inc({ budget }, read().get(budget) ?? 0);
    },
  });
}

type Spec<Key> = readonly [key: Key, name: string, help: string];
type Plain = Exclude<
  keyof Gauges,
  "certificateExpiry" | "heldBack" | "limitRefusals" | "marketModes" | "overBudget"
>;

const GAUGE_SPECS: readonly Spec<Plain>[] = [
  ["openOrders", "countermand_open_orders", "Orders that work in the market."],
  ["streamSessions", "countermand_stream_sessions", "Order streams connected."],
  ["pendingCommands", "countermand_pending_commands", "Answers that wait for the disk."],
  [
    "commitWaitingSeconds",
    "countermand_commit_waiting_seconds",
    "Since when the commit under way waits for the disk; 0 without one.",
  ],
  ["unarchivedReports", "countermand_unarchived_reports", "Reports the archive has not taken yet."],
  ["diskFull", "countermand_disk_full", "1 while the disk has no room beside its reserve."],
  ["diskFreeBytes", "countermand_disk_free_bytes", "Room on the disk of the data directory."],
  ["diskReserveBytes", "countermand_disk_reserve_bytes", "Room that is kept for cancels."],
  ["activeBlocks", "countermand_active_blocks", "Blocks of operators that hold."],
  ["rememberedRequests", "countermand_remembered_requests", "Answered writes kept for repetition."],
  ["marketSessions", "countermand_market_sessions", "Market streams connected."],
];

const COUNTER_SPECS: readonly Spec<Exclude<Plain, "diskFreeBytes">>[] = [
  [
    "unkeptRefusals",
    "countermand_unkept_refusals_total",
    "Refused commands about orders that were not journaled: their account sent too many.",
  ],
  ["pushes", "countermand_pushes_total", "Messages sent on order streams."],
  [
    "shedRequests",
    "countermand_shed_requests_total",
    "New orders and queries refused unread, so that cancels go first.",
  ],
  ["slowReaders", "countermand_slow_readers_total", "Streams closed because they read too slowly."],
  ["marketMessages", "countermand_market_messages_total", "Messages sent on market streams."],
  [
    "marketDropped",
    "countermand_market_dropped_total",
    "Times a market subscription lost messages to a slow reader and was owed a snapshot.",
  ],
  [
    "simulatedCommands",
    "countermand_simulated_commands_total",
    "Orders and cancels of the simulated participants that were carried out.",
  ],
];

/** One that has to be asked for is waited for with the others. */
function addGauge(
  registers: Registry[],
  name: string,
  help: string,
  read: () => number | Promise<number>,
): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      this.set(await read());
    },
  });
}

function addCounter(registers: Registry[], name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
