/**
 * Proof by the system's own record that what is told is on stable storage before: runs the gateway
 * under strace and orders, cancels, pushes and heartbeats against the flushes of the journal's log.
 *
 *   node test/e2e/sync-order.ts
 *
 * Needs strace (Linux). Exit code 0: every answer and every push left after the flush that followed
 * the writing of what it tells.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline/promises";
import { GATEWAY_ENTRY, Workplace } from "./gateway-process.ts";
import { KEY_1, SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";

const CONNECTIONS = 12;
const ORDERS_PER_CONNECTION = 60;
const CALLS = "fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg";
const ORDER = {
  market: "hkex",
  symbol: "00700",
  order_type: "limit_order",
  order_side: "buy",
  price: 300,
  qty: 100,
};

/** What the trace shows, line by line. */
class SyncOrder {
  toldCount = 0;
  syncCount = 0;
  readonly faults: string[] = [];
  /** Facts in the log that no flush has followed yet, and those that one has. */
  #written = new Set<string>();
  readonly #durable = new Set<string>();
  /** Facts that the flush under way covers, by thread. */
  readonly #flushing = new Map<string, Set<string>>();

  line(text: string): void {
    const [, thread = "", rest = ""] = /^(\d+) +[\d.]+ (.*)$/s.exec(text) ?? [];
    if (/^pwrite64\(\d+<[^>]*journal\.db-wal>/.test(rest)) this.#logged(plain(rest));
    else if (/^f(?:data)?sync\(\d+<[^>]*journal\.db-wal>/.test(rest)) this.#flushed(thread, rest);
    else if (/^<\.\.\. f(?:data)?sync resumed>/.test(rest)) this.#flushEnded(thread, rest);
    else if (/^(?:write|writev|sendto|sendmsg)\(\d+<TCP/.test(rest)) this.#told(plain(rest));
  }

  #logged(text: string): void {
    for (const [, orderNo, state, seq] of text.matchAll(RECORD)) {
      for (const fact of [`${orderNo} ${state}`, `seq ${seq}`]) {
        if (!this.#durable.has(fact)) this.#written.add(fact);
      }
    }
  }

  #flushed(thread: string, text: string): void {
    this.#flushing.set(thread, this.#written);
    this.#written = new Set();
    if (!text.includes("<unfinished")) this.#flushEnded(thread, text);
  }

  #flushEnded(thread: string, text: string): void {
    const covered = this.#flushing.get(thread) ?? new Set();
    this.#flushing.delete(thread);
    if (!/= 0$/.test(text)) return;
    this.syncCount += 1;
    for (const fact of covered) this.#durable.add(fact);
  }

  #told(text: string): void {
    for (const fact of factsTold(text)) {
      this.toldCount += 1;
      if (!this.#durable.has(fact)) this.faults.push(`told before it was flushed: ${fact}`);
    }
  }
}

/** A report in the journal: order number, phase, and at the end the position in the stream. */
const RECORD = /\["R","\w","(\d+)"(?:,[^,\]]*){10},"(\w+)"(?:,[^,\]]*){8},\d+,(\d+)[,\]]/g;

function* factsTold(text: string): Iterable<string> {
  for (const [, orderNo] of text.matchAll(/"code":0,"data":\{"order_no":"(\d+)"\}/g)) {
    yield `${orderNo} Open`;
  }
  for (const [, orderNo] of text.matchAll(/"order_no":"(\d+)","order_status":"can"/g)) {
    yield `${orderNo} Canceled`;
  }
  for (const [, seq] of text.matchAll(/"type":"order","seq":(\d+)/g)) yield `seq ${seq}`;
  for (const [, seq] of text.matchAll(/"heartbeat","data":\{"timestamp":\d+,"seq":(\d+)/g)) {
    if (seq !== "0") yield `seq ${seq}`;
  }
}

/** strace shows bytes as a string in C: quotes have a backslash before them. */
function plain(text: string): string {
  return text.replaceAll('\\"', '"');
}

async function load(url: string): Promise<void> {
  const client = new SignedClient(url, KEY_1, CONNECTIONS);
  const stream = await StreamClient.open(url, KEY_1, "heartbeat=1");
  const representation = { headers: { Prefer: "return=representation" } };
  const worker = async (): Promise<void> => {
    for (let count = 0; count < ORDERS_PER_CONNECTION; count += 1) {
      const target = { order_no: await client.place(ORDER), reference_id: "" };
      await client.call("DELETE", "/trade/v1/orders", target, representation);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  await stream.seen("a heartbeat", ({ message }) => message.type === "heartbeat");
  stream.close();
  client.close();
}

async function main(place: Workplace): Promise<number> {
  const trace = place.path("trace");
  const strace = ["-f", "-ttt", "-yy", "-s", "65536", "-o", trace, "-e", `trace=${CALLS}`];
  const gateway = place.run("strace", [...strace, process.execPath, GATEWAY_ENTRY], {
    COUNTERMAND_PORT: "0",
    COUNTERMAND_DATA_DIR: place.path("data"),
  });
  const url = await gateway.seen("the ready line", ({ stdout }) => {
    return /^countermand ready (http:\/\/\S+)\n/m.exec(stdout)?.[1] ?? null;
  });
  await load(url);
  gateway.kill("SIGTERM");
  await gateway.exited;
  const order = new SyncOrder();
  for await (const line of createInterface(createReadStream(trace, "latin1"))) order.line(line);
  const { faults, syncCount, toldCount } = order;
  for (const fault of faults.slice(0, 10)) process.stdout.write(`${fault}\n`);
  process.stdout.write(
    `${toldCount} facts told, ${syncCount} flushes, ${faults.length} too early\n`,
  );
  const expectedCount = 4 * CONNECTIONS * ORDERS_PER_CONNECTION;
  return faults.length === 0 && toldCount >= expectedCount ? 0 : 1;
}

const place = new Workplace();
try {
  process.exitCode = await main(place);
} finally {
  await place.close();
}
