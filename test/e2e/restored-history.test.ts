// A data directory that is put back from a backup, as who reads the order stream meets it.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CountermandClient, type StreamEvent } from "../../packages/client/src/index.ts";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { runCommand } from "./command-line.ts";
import { OperatorPlace } from "./operator-place.ts";
import { envelope, KEY_1, type SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

async function place(client: SignedClient, reference_id: string): Promise<void> {
  const order = { ...BUY, price: 400, reference_id };
  const { code } = envelope(await client.call("POST", "/trade/v1/orders", order));
  assert.equal(code, 0);
}

/** A gateway of which a backup was made when one order had been placed. */
class Restorable {
  readonly place: OperatorPlace;
  readonly #backup: string;

  constructor(t: TestContext) {
    this.place = new OperatorPlace(t);
    this.#backup = join(temporaryFolder(t), "backup");
  }

  async backUp(): Promise<void> {
    const { code, errors } = await runCommand([
      "backup",
      this.#backup,
      "--data-dir",
      this.place.folder,
    ]);
    assert.equal(code, 0, errors);
  }

  async putBack(): Promise<void> {
    await this.place.stop();
    rmSync(this.place.folder, { recursive: true });
    cpSync(this.#backup, this.place.folder, { recursive: true });
    await this.place.start();
  }

  /** Its first message, and how it ended if that was an error. */
  async begun(query: string): Promise<string> {
    const stream = await StreamClient.open(this.place.url, KEY_1, query);
    const { message, text } = await stream.seen("anything", () => true);
    if (message.type !== "error") {
      stream.close();
      return text;
    }
    const { code } = await stream.closed;
    return `${message.reason} ${code}`;
  }

  async history(): Promise<string> {
    const text = await this.begun("history=1");
    return (JSON.parse(text) as { history: string }).history;
  }
}

test("restored history: who read what was lost is told, also when as much happened since", async (t) => {
  const restorable = new Restorable(t);
  await restorable.place.start();
  const before = await restorable.history();
  await place(restorable.place.client(), "kept");
  await restorable.backUp();
  await place(restorable.place.client(), "lost");
  await restorable.putBack();
  const now = await restorable.history();
  for (const name of ["new 2", "new 3"]) await place(restorable.place.client(), name);

  assert.equal(await restorable.begun(`after_seq=2@${before}&history=1`), "seq_out_of_range 1008");
  const told = JSON.stringify({ type: "history", history: now });
  assert.equal(await restorable.begun(`after_seq=1@${before}&history=1`), told);
  const unaware = await restorable.begun("after_seq=2");
  assert.match(unaware, /^\{"type":"order","seq":3,.*"new 3"/, "a client of the page's form");

  await restorable.place.start();
  assert.equal(await restorable.begun(`after_seq=2@${before}&history=1`), "seq_out_of_range 1008");
});

test("restored history: a restart, an upgrade or an archived journal disturbs no reader", async (t) => {
  const restorable = new Restorable(t);
  const { place: gateway } = restorable;
  await gateway.start();
  const before = await restorable.history();
  for (const name of ["one", "two"]) await place(gateway.client(), name);
  await gateway.start();
  await place(gateway.client(), "three");
  await gateway.stop();
  const archive = ["archive-journal", "--data-dir", gateway.folder, "--to"];
  const { code, errors } = await runCommand([
    ...archive,
    join(temporaryFolder(t), "segments"),
    "--older-than",
    "1",
  ]);
  assert.equal(code, 0, errors);
  await gateway.start();
  const query = `after_seq=2@${before}`;
  assert.match(await restorable.begun(query), /^\{"type":"order","seq":3,/);
  assert.equal(await restorable.begun(`after_seq=3@${before}`), "seq_out_of_range 1008");
});

test("restored history: the client library begins anew by itself", async (t) => {
  const restorable = new Restorable(t);
  await restorable.place.start();
  await place(restorable.place.client(), "kept");
  await restorable.backUp();
  const credentials = { apiKey: KEY_1.apiKey, secret: KEY_1.secret };
  const first = new CountermandClient({ credentials, baseUrl: restorable.place.url });
  const reading = first.stream();
  await place(restorable.place.client(), "lost");
  for await (const event of reading) {
    if (event.type === "order" || (event.type === "snapshot" && event.seq === 2)) break;
  }
  const { position } = reading;
  await restorable.putBack();
  for (const name of ["new 2", "new 3"]) await place(restorable.place.client(), name);
  const second = new CountermandClient({ credentials, baseUrl: restorable.place.url });
  const resumed = second.stream({ afterSeq: position });
  let reset: StreamEvent | null = null;
  for await (const event of resumed) {
    assert.notEqual(event.type, "order");
    if (event.type !== "snapshot") continue;
    reset = event;
    break;
  }
  assert.ok(reset?.type === "snapshot" && reset.isReset);
  assert.deepEqual(
    reset.orders.map(({ reference_id }) => reference_id),
    ["kept", "new 2", "new 3"],
  );
});
