// Data directories of earlier versions, opened by this one; write-fixture.ts makes them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  journalProblem,
  restoreJournal,
  verifyReceipt,
} from "../../packages/gateway/src/offline.ts";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { runCommand } from "../e2e/command-line.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { StreamClient } from "../e2e/stream-client.ts";
import { type Asked, type Recording, unpackFixture } from "./fixture-file.ts";
import { RecordedGateway } from "./recorded-gateway.ts";

/** A new one needs fixtures of the last version that wrote the one before. */
const SNAPSHOT_FORMAT = 7;

/** Clocks that go on, and numbers that begin anew with each start. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  "timestamp",
  "fires_at",
  "fires_in_ms",
  "epoch",
  "seq",
]);

interface Opened {
  readonly gateway: RecordedGateway;
  readonly recording: Recording;
  readonly segments: string;
}

/** The fixture in a folder of its own; nothing is started. */
function unpacked(t: TestContext, name: string): Opened {
  let gateway: RecordedGateway | null = null;
  t.after(() => gateway?.stop());
  const folder = temporaryFolder(t);
  const recording = unpackFixture(join(import.meta.dirname, `${name}.br`), folder);
  gateway = new RecordedGateway(join(folder, "node"), recording.endMs);
  return { gateway, recording, segments: join(folder, "segments") };
}

const EARLIER = [
  ["snapshots-5", "the first one whose journal is read"],
  ["snapshots-6", "the last one without histories"],
  ["histories", "the last one with snapshots of format 6"],
] as const;

for (const [name, version] of EARLIER) {
  for (const ending of ["clean", "killed"]) {
    test(`upgrade: all is as ${version} said, ${ending}`, async (t) => {
      const opened = unpacked(t, `${name}-${ending}`);
      await opened.gateway.start();
      await requireRepetitions(opened);
      await requireAnswers(opened, () => true);
      await requireStream(opened);
      await requireEvidence(opened);
      await requireNextStart(opened);
    });
  }
}

test("upgrade: a journal that was cut needs its events back, and then has all", async (t) => {
  const opened = unpacked(t, "histories-cut");
  const { gateway, segments } = opened;
  await requireRefused(gateway, "JOURNAL_CUT");
  restoreJournal(gateway.dataDir, segments);
  await gateway.start();
  await requireRepetitions(opened);
  // Lists and closing prices reach further back again than when they were recorded.
  await requireAnswers(
    opened,
    ({ target }) => !/page_index|transactions|audit|market/.test(target),
  );
  await requireStream(opened);
  await requireEvidence(opened);
  await requireNextStart(opened);
});

test("upgrade: a journal of an earlier format is refused and left as it is", async (t) => {
  const { gateway } = unpacked(t, "journal-4");
  await requireRefused(gateway, "JOURNAL_OLDER_FORMAT");
});

async function requireRefused(gateway: RecordedGateway, code: string): Promise<void> {
  const before = contentsOf(gateway.dataDir);
  await assert.rejects(gateway.start(), { code });
  const after = contentsOf(gateway.dataDir);
  for (const [path, digest] of before) assert.equal(after.get(path), digest, path);
}

/** What was done is not done again: it gets its first answer. */
async function requireRepetitions({ gateway, recording }: Opened): Promise<void> {
  const { commands, writes } = recording;
  assert.ok(writes.length > 20);
  for (const write of writes) {
    const { status, text } = await gateway.ask(write);
    assert.deepEqual([status, text], [write.status, write.text], write.target);
  }
  const stream = await opened(gateway, "commands=1");
  for (const [command, reply] of commands) {
    const { id } = JSON.parse(command) as { id: string };
    stream.send(command);
    const { text } = await stream.seen(command, ({ message }) => message.id === id);
    assert.equal(text, reply);
  }
  stream.close();
  await stream.closed;
}

async function requireAnswers(
  { gateway, recording }: Opened,
  isAsked: (query: Asked) => boolean,
): Promise<void> {
  for (const query of recording.queries.filter(isAsked)) {
    const { status, text } = await gateway.ask(query);
    assert.equal(status, query.status, text);
    const lack = lackOf(JSON.parse(query.text), JSON.parse(text), query.target);
    assert.equal(lack, null, `${query.text}\n${text}`);
  }
}

/** What is missing in an answer that may say more than the expected one; null if nothing is. */
function lackOf(expected: unknown, actual: unknown, at: string): string | null {
  if (typeof expected !== "object" || expected === null) {
    return Object.is(expected, actual) ? null : `${at}: ${actual} in place of ${expected}`;
  }
  if (typeof actual !== "object" || actual === null) return `${at}: ${actual}`;
  if (Array.isArray(expected) && expected.length !== (actual as readonly unknown[]).length) {
    return `${at}: ${(actual as readonly unknown[]).length} in place of ${expected.length}`;
  }
  for (const [name, value] of Object.entries(expected)) {
    if (NOT_KEPT.has(name) || (name === "time_ms" && at.includes("/depth"))) continue;
    const lack = lackOf(value, (actual as Record<string, unknown>)[name], `${at} ${name}`);
    if (lack !== null) return lack;
  }
  return null;
}

/** From the beginning, from the middle, and on from the position that a reader had. */
async function requireStream({ gateway, recording }: Opened): Promise<void> {
  const { position, stream } = recording;
  const half = Math.floor(stream.length / 2);
  for (const afterSeq of [0, half]) {
    const reader = await opened(gateway, `after_seq=${afterSeq}`);
    await reader.seen("the last message", ({ text }) => text === stream.at(-1));
    const texts = reader.received.map(({ text }) => text);
    assert.deepEqual(texts.filter(isOrder), stream.slice(afterSeq));
    reader.close();
    await reader.closed;
  }
  const from = position === null ? String(stream.length) : `${position}&history=1`;
  const reader = await opened(gateway, `after_seq=${from}`);
  const order = { market: "hkex", symbol: "00700", order_side: "buy", order_type: "limit_order" };
  const placed = { ...order, price: 100, qty: 100, reference_id: "a new one" };
  assert.equal((await gateway.signed(KEY_1, "POST", "/trade/v1/orders", placed)).status, 200);
  const next = await reader.seen("an order", ({ text }) => isOrder(text));
  assert.equal(next.message.seq, stream.length + 1);
  assert.equal(next.message.data?.reference_id, "a new one");
  reader.close();
  await reader.closed;
}

function isOrder(text: string): boolean {
  return text.startsWith('{"type":"order"');
}

async function opened(gateway: RecordedGateway, query: string): Promise<StreamClient> {
  gateway.nowMs += 100;
  return await StreamClient.open(gateway.url, KEY_1, query, { timestampMs: gateway.nowMs });
}

/** What can be proven without a gateway, beside it. */
async function requireEvidence({ gateway, recording }: Opened): Promise<void> {
  const jwks = await (await fetch(`${gateway.url}/receipt-keys`)).json();
  assert.equal(recording.receipts.length, 2);
  for (const receipt of recording.receipts) {
    const verdict = verifyReceipt(receipt, jwks);
    assert.ok(verdict.isGood);
    assert.equal(journalProblem(gateway.dataDir, verdict), null);
  }
  const { code, errors } = await runCommand(["verify", "--data-dir", gateway.dataDir]);
  assert.equal(code, 0, errors);
}

/** It begins with a snapshot of the new format, and comes to the same state. */
async function requireNextStart({ gateway }: Opened): Promise<void> {
  const { hash } = await gateway.stateHash();
  await gateway.stop();
  const folder = join(gateway.dataDir, "snapshots");
  const newest = readdirSync(folder).sort().at(-1) ?? "";
  const [head = ""] = readFileSync(join(folder, newest), "utf8").split("\n", 1);
  assert.equal((JSON.parse(head) as { format: number }).format, SNAPSHOT_FORMAT);
  await gateway.start();
  assert.equal((await gateway.stateHash()).hash, hash);
}

/** A digest of every file; what processes share beside the journal is of no moment. */
function contentsOf(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile() && !file.name.endsWith("-shm"));
  return new Map(
    paths.map(({ name, parentPath }) => {
      const path = join(parentPath, name);
      return [path, createHash("sha256").update(readFileSync(path)).digest("hex")] as const;
    }),
  );
}
