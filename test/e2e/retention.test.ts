// A journal archived by age, as an operator does it and as a client sees it.
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { runCommand } from "./command-line.ts";
import { OperatorPlace } from "./operator-place.ts";
import { envelope, KEY_1, type SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const HOUR_MS = 3_600_000;
/** A leap of the clock is believed when it has gone on for five minutes (decision 31). */
const BELIEVED_MS = 6 * 60_000;
/** When it trades again, and when for the last time. */
const LATER_MS = 2 * HOUR_MS;
const LAST_MS = LATER_MS + BELIEVED_MS;

function ran(...args: string[]) {
  return runCommand(args);
}

/** A gateway that traded two hours ago and since, and was stopped. */
class Aged {
  readonly place: OperatorPlace;
  readonly segments: string;
  readonly startedMs = Date.now() - LAST_MS;
  #timestampMs = this.startedMs;

  constructor(t: TestContext) {
    this.place = new OperatorPlace(t);
    const folder = temporaryFolder(t);
    this.segments = join(folder, "segments");
  }

  at(ms: number): void {
    Object.assign(this.place.time, { wallMs: ms, marketMs: ms });
    this.#timestampMs = ms;
  }

  /** A request that is signed at the gateway's time. */
  async ask(client: SignedClient, method: string, path: string, body: object | "" = "") {
    this.#timestampMs += 1;
    const timestamp = String(this.#timestampMs);
    return envelope(await client.call(method, path, body, { timestamp }));
  }

  async order(client: SignedClient, price: number): Promise<string> {
    const order = { ...BUY, price, reference_id: "mine" };
    const { data } = await this.ask(client, "POST", "/trade/v1/orders", order);
    return (data as { order_no: string }).order_no;
  }

  async cancel(client: SignedClient, order_no: string, version?: number): Promise<void> {
    const body = version === undefined ? { order_no } : { order_no, version };
    await this.ask(client, "POST", "/trade/v1/orders/cancel", body);
  }

  /** Closed orders cannot be read until the archive has caught up. */
  async reason(client: SignedClient, orderNo: string): Promise<string> {
    for (;;) {
      const body = { order_no: orderNo };
      const { code, reason } = await this.ask(client, "POST", "/trade/v1/orders/cancel", body);
      if (reason !== "unavailable") return code === 0 ? "known" : (reason ?? "");
    }
  }
}

test("retention: what is archived leaves the gateway, proves itself, can be put back", async (t) => {
  const aged = new Aged(t);
  const { place, segments, startedMs } = aged;
  const { folder } = place;
  aged.at(startedMs);
  await place.start();
  const early = place.client();
  const old = await aged.order(early, 400);
  await aged.cancel(early, old, 9);
  await aged.cancel(early, old);
  const waiting = await aged.order(early, 401);
  aged.at(startedMs + LATER_MS);
  await aged.cancel(early, await aged.order(early, 402));
  aged.at(startedMs + LAST_MS);
  await aged.cancel(early, await aged.order(early, 403));
  await aged.cancel(early, waiting, 9);
  const archive = ["archive-journal", "--data-dir", folder, "--to", segments];
  const before = new Date(startedMs + HOUR_MS).toISOString();
  const inUse = await ran(...archive, "--before", before);
  assert.match(inUse.errors, /another process uses it/);
  assert.equal(inUse.code, 1);
  await place.stop();
  const whole = await ran("audit", old, "--data-dir", folder);

  const archived = await ran(...archive, "--before", before);
  assert.equal(archived.code, 0, archived.errors);
  assert.match(
    archived.output,
    /^desk-22 +1 to \d+ +what follows is newer, or has no time +.*\.segment$/m,
  );
  const verified = await ran("verify", "--data-dir", folder, "--segments", segments);
  assert.match(verified.output, /whole: \d+ archived events, which lead to the journal unbroken/);
  const alone = await ran("verify", "--data-dir", folder);
  assert.match(alone.output, /archived events were not looked at/);
  const sought = ["audit", old, "--data-dir", folder];
  assert.equal((await ran(...sought)).code, 1);
  assert.equal((await ran(...sought, "--segments", segments)).output, whole.output);

  const operator = await place.start();
  const late = place.client();
  assert.equal(await aged.reason(late, old), "unknown_order");
  assert.equal((await operator.get(`orders/${old}/audit`)).status, 404);
  const { data } = await operator.get(`orders/${waiting}/audit`);
  assert.deepEqual([data.events.length, data.complete], [1, false]);
  const timestampMs = startedMs + LAST_MS + 100;
  const options = { timestampMs };
  const stream = await StreamClient.open(place.gateway.url, KEY_1, "after_seq=0", options);
  const { message } = await stream.seen("the refusal", (each) => each.message.type === "error");
  assert.equal(message.reason, "seq_out_of_range");
  assert.equal(
    (message as { earliest_seq?: number }).earliest_seq,
    4,
    "three reports are archived",
  );
  await stream.closed;
  await place.stop();

  const restored = await ran("restore-journal", "--data-dir", folder, "--from", segments);
  assert.match(restored.output, /desk-22: \d+ events are back/);
  assert.equal((await ran(...sought)).output, whole.output);
  await place.start();
  assert.equal(await aged.reason(place.client(), old), "known");
});

test("retention: a wrong command line archives nothing, a missing segment is named", async (t) => {
  const aged = new Aged(t);
  const { place, segments, startedMs } = aged;
  aged.at(startedMs);
  await place.start();
  const client = place.client();
  await aged.cancel(client, await aged.order(client, 400));
  aged.at(startedMs + LATER_MS);
  await aged.order(client, 401);
  await place.stop();
  const archive = ["archive-journal", "--data-dir", place.folder, "--to", segments];
  for (const wrong of [[], ["--before", "soon"], ["--older-than", "0"], ["--older-than", "x"]]) {
    assert.equal((await ran(...archive, ...wrong)).code, 2, wrong.join(" "));
  }
  const both = ["--older-than", "1", "--before", "2026-01-01"];
  assert.equal((await ran(...archive, ...both)).code, 2);
  const day = await ran("--json", ...archive, "--older-than", "1");
  assert.equal(day.code, 0, day.errors);
  assert.ok(!day.output.includes('"firstSeq"'), "nothing is that old");
  const before = new Date(startedMs + HOUR_MS).toISOString();
  assert.equal((await ran(...archive, "--before", before)).code, 0);
  const [name = ""] = readdirSync(segments).filter((each) => each.startsWith("desk-"));
  rmSync(join(segments, name));
  for (const command of [
    ["verify", "--segments", segments],
    ["restore-journal", "--from", segments],
    ["audit", "22000000001", "--segments", segments],
  ]) {
    const { code, errors } = await ran(...command, "--data-dir", place.folder);
    assert.equal(code, 1, command.join(" "));
    assert.match(errors, /has no segments|no segment has events? 1 to \d+ of partition "desk-22"/);
  }
});
