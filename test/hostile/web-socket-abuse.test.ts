/** WebSocket abuse, on bare sockets: closed with the right code, nothing piles up, others go on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { LIMITS } from "../../packages/contract/src/limits.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { frame, Opcode, RawWebSocket } from "./raw-web-socket.ts";
import { frameAbuses } from "./web-socket-abuse.ts";

const TRADE = "/ws/trade/v1";
const MARKET = "/ws/market/v1";

test("WebSocket abuse", { concurrency: true }, async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const commands = (): Promise<RawWebSocket> =>
    RawWebSocket.open(url, `${TRADE}?commands=1`, KEY_1);
  const streams = { commands, market: () => RawWebSocket.open(url, MARKET, null) };

  const tests = Object.entries(streams).map(([name, open]) => {
    return t.test(`${name}: frames that break the protocol`, async () => {
      const witness = await open();
      for (const { name: abuse, bytes, closeCode } of frameAbuses()) {
        const socket = await open();
        socket.send(bytes);
        assert.equal(await socket.closed, closeCode, abuse);
      }
      witness.send(frame({ opcode: Opcode.Ping, payload: "still there?" }));
      await witness.until(
        "the pong of a connection that did no harm",
        () => witness.pongCount === 1,
      );
      witness.destroy();
    });
  });

  tests.push(
    t.test("commands: parts, with pings between them, make a message", async () => {
      const socket = await commands();
      const text = '{"op":"cancel","id":"parts","data":{"order_no":"99"}}';
      const cuts = [text.slice(0, 9), text.slice(9, 10), text.slice(10, 31), text.slice(31)];
      const parts = cuts.map((payload, index) => {
        const opcode = index === 0 ? Opcode.Text : Opcode.Continuation;
        return frame({ opcode, payload, fin: index === cuts.length - 1 });
      });
      const empty = frame({ opcode: Opcode.Continuation, fin: false });
      const ping = frame({ opcode: Opcode.Ping, payload: "x" });
      socket.send(...parts.flatMap((part, index) => (index === 0 ? [part] : [empty, ping, part])));
      await socket.until("the reply", () =>
        socket.messages.some((each) => each.includes('"id":"parts"')),
      );
      assert.equal(socket.pongCount, cuts.length - 1);
      socket.destroy();
    }),
    t.test("commands: a message without end is cut at its limit", async () => {
      const socket = await commands();
      socket.send(frame({ opcode: Opcode.Text, fin: false }));
      const part = frame({ opcode: Opcode.Continuation, fin: false, payload: " " });
      socket.send(...Array<Buffer>(20_000).fill(part));
      assert.equal(await socket.closed, 1008);
      assert.ok(socket.messages.at(-1)?.includes('"reason":"too_many_parts"'));
    }),
    t.test("market: a frame that comes byte by byte is cut after some hundred", async () => {
      const socket = await RawWebSocket.open(url, MARKET, null);
      const bytes = frame({ opcode: Opcode.Text, payload: Buffer.alloc(4_000, 0x20) });
      for (let at = 0; at < bytes.length && socket.closeCode === null; at += 1) {
        socket.send(bytes.subarray(at, at + 1));
        await setImmediate();
      }
      assert.equal(await socket.closed, 1008);
      assert.ok(socket.messages.at(-1)?.includes('"reason":"too_many_parts"'));
    }),
    t.test("commands: thousands at once are all answered, in order", async () => {
      const socket = await commands();
      const count = 5_000;
      const command = (index: number): Buffer =>
        frame({
          opcode: Opcode.Text,
          payload: `{"op":"cancel","id":"c${index}","data":{"order_no":"99"}}`,
        });
      socket.send(...Array.from({ length: count }, (_, index) => command(index)));
      const replies = (): string[] => socket.messages.filter((each) => each.includes('"reply"'));
      await socket.until("every reply", () => replies().length === count);
      const ids = replies().map((reply) => (JSON.parse(reply) as { id: string }).id);
      assert.deepEqual(
        ids,
        Array.from({ length: count }, (_, index) => `c${index}`),
      );
      socket.destroy();
    }),
    t.test("trade: who only listens is told so, and closed when he goes on", async () => {
      const socket = await RawWebSocket.open(url, TRADE, KEY_1);
      socket.send(...Array<Buffer>(1_000).fill(frame({ opcode: Opcode.Text, payload: "{}" })));
      assert.equal(await socket.closed, 1008);
      const told = socket.messages.filter((each) => each.includes("commands_not_enabled"));
      assert.equal(told.length, 100);
    }),
    t.test("market: a flood of subscriptions is answered whole, and at its pace", async () => {
      const { value: perSecond } = LIMITS.marketMessagesPerSecondMax;
      const count = 2 * perSecond + 5;
      const socket = await RawWebSocket.open(url, MARKET, null);
      const payload = '{"op":"subscribe","channels":["depth"],"symbols":["00700"]}';
      const sentMs = performance.now();
      socket.send(...Array<Buffer>(count).fill(frame({ opcode: Opcode.Text, payload })));
      const answered = (type: string): number => {
        return socket.messages.filter((each) => each.startsWith(`{"type":"${type}"`)).length;
      };
      await socket.until("every answer", () => answered("subscribed") === count);
      await socket.until("every snapshot", () => answered("snapshot") === count);
      assert.equal(answered("error"), 0);
      assert.ok(performance.now() - sentMs > 2 * 990, "so many in a second and no more");
      socket.destroy();
    }),
  );
  await Promise.all(tests);
});
