// Goal: each figure that is read is told under its own name, and what never happened is 0.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Gauges, Metrics, OTHER_ROUTE } from "./metrics.ts";

/** What is read as one number, and its name, each with a number of its own. */
const PLAIN = {
  openOrders: "open_orders",
  streamSessions: "stream_sessions",
  pendingCommands: "pending_commands",
  commitWaitingSeconds: "commit_waiting_seconds",
  unarchivedReports: "unarchived_reports",
  diskFull: "disk_full",
  diskFreeBytes: "disk_free_bytes",
  diskReserveBytes: "disk_reserve_bytes",
  activeBlocks: "active_blocks",
  rememberedRequests: "remembered_requests",
  marketSessions: "market_sessions",
  unkeptRefusals: "unkept_refusals_total",
  pushes: "pushes_total",
  shedRequests: "shed_requests_total",
  slowReaders: "slow_readers_total",
  marketMessages: "market_messages_total",
  marketDropped: "market_dropped_total",
  simulatedCommands: "simulated_commands_total",
};

const counts = {
  overBudget: new Map<string, number>(),
  heldBack: new Map<string, number>(),
  limitRefusals: new Map<string, number>(),
};
let certificateExpiry: number | null = null;

const plain = Object.keys(PLAIN).map((key, index) => [key, () => 101 + index] as const);
const metrics = new Metrics({
  ...(Object.fromEntries(plain) as unknown as Gauges),
  diskFreeBytes: async () => 101 + Object.keys(PLAIN).indexOf("diskFreeBytes"),
  certificateExpiry: () => certificateExpiry,
  marketModes: () => [
    ["hkex", "open"],
    ["usex", "cancel_only"],
    ["crypto", "halted"],
  ],
  overBudget: () => counts.overBudget,
  heldBack: () => counts.heldBack,
  limitRefusals: () => counts.limitRefusals,
});

/** Our own samples, by name and labels. */
async function samples(): Promise<Map<string, number>> {
  const { text } = await metrics.scrape();
  const lines = text.split("\n").filter((line) => line.startsWith("countermand_"));
  return new Map(
    lines.map((line) => {
      const [sample = "", value] = line.slice("countermand_".length).split(" ");
      return [sample, Number(value)] as const;
    }),
  );
}

/** Of the samples of a name, those that are not 0. */
function told(all: ReadonlyMap<string, number>, name: string): Record<string, number> {
  const own = [...all].filter(([sample, value]) => sample.startsWith(`${name}{`) && value !== 0);
  return Object.fromEntries(own.map(([sample, value]) => [sample.slice(name.length), value]));
}

test("metrics: each plain figure has its name, also when it is read again", async () => {
  for (const all of [await samples(), await samples()]) {
    const read = Object.values(PLAIN).map((name) => all.get(name));
    assert.deepEqual(
      read,
      read.map((_, index) => 101 + index),
    );
  }
});

test("metrics: answers are counted by name and status, and requests of clients alone as theirs", async () => {
  metrics.answered("place_order", 200, 1);
  metrics.answered("place_order", 200, 1);
  metrics.answered("place_order", 503, 1);
  metrics.answered(OTHER_ROUTE, 404, 2_500);
  metrics.commanded("cancel", 200, 6);
  assert.equal(metrics.clientRequestCount, 3);
  for (const all of [await samples(), await samples()]) {
    assert.deepEqual(told(all, "http_requests_total"), {
      '{route="place_order",status="200"}': 2,
      '{route="place_order",status="503"}': 1,
      '{route="other",status="404"}': 1,
    });
    assert.deepEqual(told(all, "socket_commands_total"), { '{op="cancel",status="200"}': 1 });
    assert.equal(all.get('http_request_duration_seconds_sum{route="other"}'), 2.5);
    assert.equal(all.get('socket_command_duration_seconds_count{op="cancel"}'), 1);
  }
});

test("metrics: a commit is counted by its events and by its time in seconds", async () => {
  metrics.committed(3, 20);
  const all = await samples();
  const read = ["commit_events_sum", "commit_seconds_sum", "commit_seconds_count"];
  assert.deepEqual(
    read.map((name) => all.get(name)),
    [3, 0.02, 1],
  );
  assert.deepEqual(
    ["2", "4"].map((le) => all.get(`commit_events_bucket{le="${le}"}`)),
    [0, 1],
  );
});

test("metrics: every refusal is there from the start as 0, and counted by who and why", async () => {
  const names = ["over_budget_total", "operator_refusals_total", "limit_refusals_total"];
  const none = await samples();
  const countOf = (name: string) => [...none.keys()].filter((key) => key.startsWith(name)).length;
  assert.deepEqual(names.map(countOf), [2, 11, 14]);
  for (const name of names) assert.deepEqual(told(none, name), {});
  counts.overBudget.set("cancel", 4);
  counts.heldBack.set("portfolio BLOCKED", 5).set("instrument INSTRUMENT_HALTED", 6);
  counts.limitRefusals.set("key DUPLICATE_ORDER", 7);
  const all = await samples();
  assert.deepEqual(told(all, "over_budget_total"), { '{budget="cancel"}': 4 });
  assert.deepEqual(told(all, "operator_refusals_total"), {
    '{scope="portfolio",reason="blocked"}': 5,
    '{scope="instrument",reason="instrument_halted"}': 6,
  });
  assert.deepEqual(told(all, "limit_refusals_total"), {
    '{scope="key",reason="duplicate_order"}': 7,
  });
});

test("metrics: a market's mode is a number, and without a certificate there is no end of one", async () => {
  const name = "certificate_expiry_timestamp_seconds";
  const plainText = await samples();
  assert.deepEqual(
    ["hkex", "usex", "crypto"].map((market) => plainText.get(`market_mode{market="${market}"}`)),
    [0, 1, 2],
  );
  assert.equal(plainText.has(name), false);
  certificateExpiry = 1_800_000_000;
  assert.equal((await samples()).get(name), 1_800_000_000);
  certificateExpiry = null;
  assert.equal((await samples()).has(name), false);
});
