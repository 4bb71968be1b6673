/**
 * What the gateway told and what it flushed, in the system's own record: facts that leave on a
 * socket, against the flushes of the journal's log that made them durable.
 */
import { spawnSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline/promises";
import { GATEWAY_ENTRY, type RunningProcess, type Workplace } from "../gateway-process.ts";
import { CannotRun } from "./proof.ts";

const CALLS = "fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg";

function requireProgram(program: string): void {
  const { error } = spawnSync(program, ["--version"]);
  if (error !== undefined) throw new CannotRun(`${program} is not installed`);
}

export interface Traced {
  readonly process: RunningProcess;
  /** Where strace writes what it sees. */
  readonly trace: string;
  readonly dataDir: string;
}

/** The gateway under strace, with more of its arguments. */
export function launchTraced(
  place: Workplace,
  name: string,
  more: (dataDir: string) => readonly string[] = () => [],
): Traced {
  requireProgram("strace");
  const [trace, dataDir] = [place.path(`${name}.trace`), place.path(name)];
  const strace = ["-f", "-ttt", "-yy", "-s", "65536", "-o", trace, "-e", `trace=${CALLS}`];
  const process = place.run(
    "strace",
    [...strace, ...more(dataDir), globalThis.process.execPath, GATEWAY_ENTRY],
    { COUNTERMAND_PORT: "0", COUNTERMAND_DATA_DIR: dataDir, COUNTERMAND_SANDBOX_MARKET: "off" },
  );
  return { process, trace, dataDir };
}

export function readyUrl(process: RunningProcess): Promise<string> {
  return process.seen("the ready line", ({ stdout }) => {
    return /^countermand ready (http:\/\/\S+)\n/m.exec(stdout)?.[1] ?? null;
  });
}

export async function* linesOf(trace: string): AsyncIterable<string> {
  yield* createInterface(createReadStream(trace, "latin1"));
}

/** Follows a trace line by line. */
export class SyncOrder {
  /** Facts told, by how they left. */
  readonly told = { answers: 0, pushes: 0 };
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
    else if (/^(?:write|writev|sendto|sendmsg)\(\d+<TCP/.test(rest)) this.#toldIn(plain(rest));
  }

  #logged(text: string): void {
    for (const fact of factsLogged(text)) {
      if (!this.#durable.has(fact)) this.#written.add(fact);
    }
  }

  #flushed(thread: string, text: string): void {
    this.#flushing.set(thread, this.#written);
    this.#written = new Set();
    if (!text.includes("<unfinished")) this.#flushEnded(thread, text);
  }

  /** What a flush covers that failed is durable never: nothing of it may be told. */
  #flushEnded(thread: string, text: string): void {
    const covered = this.#flushing.get(thread) ?? new Set();
    this.#flushing.delete(thread);
    if (!/= 0$/.test(text)) return;
    this.syncCount += 1;
    for (const fact of covered) this.#durable.add(fact);
  }

  #toldIn(text: string): void {
    const kind =
      text.includes('"HTTP/1.1') || text.includes('"type":"reply"') ? "answers" : "pushes";
    for (const fact of factsTold(text)) {
      this.told[kind] += 1;
      if (!this.#durable.has(fact)) this.faults.push(`told before it was flushed: ${fact}`);
    }
  }
}

/** A report's cells behind its kind, see docs/protocol/journal.md. */
const CELL = { orderId: 1, account: 2, phase: 15, version: 25, streamSeq: 26, execId: 28 } as const;

function* factsLogged(text: string): Iterable<string> {
  for (const [, cells = ""] of text.matchAll(/\["R",([^[\]]*)/g)) {
    const row = cells.replaceAll('"', "").split(",");
    if (row.length <= CELL.streamSeq) continue;
    const orderId = row[CELL.orderId];
    yield `order ${orderId}`;
    yield `order ${orderId} version ${row[CELL.version]}`;
    if (row[CELL.phase] === "Canceled") yield `order ${orderId} cancelled`;
    yield `stream ${row[CELL.account]} ${row[CELL.streamSeq]}`;
    if (row[0] === "F") yield `trade ${row[CELL.execId]}`;
  }
}

/** The socket load names its cancels by the order. */
const TOLD: readonly (readonly [pattern: RegExp, fact: (...found: string[]) => string])[] = [
  [/"code":0,"data":\{"order_no":"(\d+)"\}/g, (orderNo) => `order ${orderNo}`],
  [/"order_no":"(\d+)","reference_id":"[^"]*","result":\{"code":0\}/g, (no) => `order ${no}`],
  [/"order_no":"(\d+)","order_status":"can"/g, (orderNo) => `order ${orderNo} cancelled`],
  [/"type":"reply","id":"cancel-(\d+)","code":0/g, (orderNo) => `order ${orderNo} cancelled`],
  [/"order_no":"(\d+)"[^{}]*"version":(\d+)/g, (no, version) => `order ${no} version ${version}`],
  [/"exec_id":"(\d+)"/g, (execId) => `trade ${execId}`],
  [
    /"type":"order","seq":(\d+),"data":\{[^{}]*"account_code":"(\d+)"/g,
    (seq, account) => `stream ${account} ${seq}`,
  ],
];

function* factsTold(text: string): Iterable<string> {
  for (const [pattern, fact] of TOLD) {
    for (const [, ...found] of text.matchAll(pattern)) yield fact(...found);
  }
}

/** strace shows bytes as a string in C: quotes have a backslash before them. */
function plain(text: string): string {
  return text.replaceAll('\\"', '"');
}
