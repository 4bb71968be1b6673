// What clients and operators see of a full disk. The disk here is as good as full: nobody's has the
// room for the reserve that is asked for. What the reserve itself does is shown by
// `npm run crash -- disk-full`.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { REAL_TIME, startGateway } from "./gateway-in-process.ts";
import { type Answer, envelope, isReplay, KEY_1, SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { restingOrder } from "./wire-orders.ts";

const ORDERS = "/trade/v1/orders";
const ORDER = restingOrder();
const TOO_MUCH = { COUNTERMAND_DISK_RESERVE_MB: "999999999" };

function assertDiskFull(answer: Answer): void {
  const { code, reason, retryable } = envelope(answer);
  assert.deepEqual([answer.status, code, reason, retryable], [503, 11_030_075, "disk_full", true]);
  assert.equal(answer.headers["retry-after"], "1");
}

test("disk full: cancels and safety nets work, new orders and amends are refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  try {
    const before = await startGateway(REAL_TIME, { COUNTERMAND_DATA_DIR: folder });
    const client = new SignedClient(before.url, KEY_1);
    const orderNos = [await client.place(ORDER), await client.place(ORDER)];
    const placed = await client.call("POST", ORDERS, ORDER);
    const ready = await fetch(`${before.url}/health/ready`);
    assert.equal(await ready.text(), '{"code":0,"data":{"status":"ready"}}');
    client.close();
    await before.stop();

    const full = await startGateway(REAL_TIME, { COUNTERMAND_DATA_DIR: folder, ...TOO_MUCH });
    try {
      await workOnFullDisk(full.url, orderNos);
      await seesFullDisk(full.url);
    } finally {
      await full.stop();
    }
    assert.equal(envelope(placed).code, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function workOnFullDisk(url: string, orderNos: readonly string[]): Promise<void> {
  const client = new SignedClient(url, KEY_1);
  const stream = await StreamClient.open(url, KEY_1, "commands=1");
  assertDiskFull(await client.call("POST", ORDERS, ORDER));
  assertDiskFull(await client.call("POST", `${ORDERS}/batch`, [ORDER, ORDER]));
  assertDiskFull(await client.call("PUT", ORDERS, { order_no: orderNos[0], price: 301 }));
  stream.send(JSON.stringify({ op: "place", id: "one", data: ORDER }));
  const reply = await stream.seen("a reply", ({ message }) => message.id === "one");
  assert.equal(reply.message.reason, "disk_full");

  const first = await client.call("DELETE", ORDERS, { order_no: orderNos[0] });
  assert.equal(first.text, '{"code":0}');
  stream.send(JSON.stringify({ op: "cancel", id: "two", data: { order_no: orderNos[1] } }));
  const second = await stream.seen("a reply", ({ message }) => message.id === "two");
  assert.equal(second.message.code, 0);
  const all = await client.call("DELETE", `${ORDERS}/all`);
  assert.equal(envelope(all).code, 0);
  assert.equal(isReplay(all), false);
  const armed = await client.call("POST", "/trade/v1/dead-man", { scope: "key", timeout: 60 });
  assert.equal(armed.status, 200, armed.text);
  const canceled = await client.orders("order_status=can");
  assert.equal(canceled.length, 3);
  stream.close();
  client.close();
}

async function seesFullDisk(url: string): Promise<void> {
  const ready = await fetch(`${url}/health/ready`);
  assert.equal(ready.status, 200);
  assert.equal(await ready.text(), '{"code":0,"data":{"status":"ready","disk":"full"}}');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^countermand_disk_full 1$/m);
  assert.match(metrics, /^countermand_disk_reserve_bytes 1048576$/m);
  assert.match(metrics, /^countermand_disk_free_bytes [1-9]\d*$/m);
}
