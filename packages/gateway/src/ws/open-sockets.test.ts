import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../sys/fake-clock.ts";
import { STOP_MS } from "./limits.ts";
import { OpenSockets } from "./open-sockets.ts";

/** A stream whose sockets tell what was done to them. */
class Bench {
  readonly clock = new FakeClock();
  readonly sockets = new OpenSockets(this.clock);
  readonly story: string[] = [];

  opened(name: string) {
    const connection = {
      stop: () => void this.story.push(`stop ${name}`),
      terminate: () => {
        this.story.push(`terminate ${name}`);
        this.sockets.ended(connection);
      },
    };
    this.sockets.opened(connection);
    return connection;
  }

  async close(): Promise<void> {
    await this.sockets.close();
    this.story.push("closed");
  }
}

const settled = () => new Promise(setImmediate);

test("open sockets: without one a close is over at once, and lets nobody in", async () => {
  const { sockets } = new Bench();
  assert.equal(sockets.isClosing, false);
  await sockets.close();
  assert.equal(sockets.isClosing, true);
});

test("open sockets: a close stops each and waits for the last one's end", async () => {
  const bench = new Bench();
  const [first, second] = [bench.opened("a"), bench.opened("b")];
  bench.sockets.ended(bench.opened("gone before"));
  assert.equal(bench.sockets.size, 2);
  const closing = [bench.close(), bench.close()];
  bench.sockets.ended(second);
  await settled();
  assert.deepEqual(bench.story, ["stop a", "stop b"]);
  bench.sockets.ended(first);
  await Promise.all(closing);
  bench.clock.advance(STOP_MS);
  assert.deepEqual(bench.story, ["stop a", "stop b", "closed", "closed"], "nothing is cut");
});

test("open sockets: what has not ended in time is cut", async () => {
  const bench = new Bench();
  const first = bench.opened("a");
  bench.opened("b");
  const closing = bench.close();
  bench.sockets.ended(first);
  bench.clock.advance(STOP_MS - 1);
  await settled();
  assert.deepEqual(bench.story, ["stop a", "stop b"]);
  bench.clock.advance(1);
  await closing;
  assert.deepEqual(bench.story.slice(2), ["terminate b", "closed"]);
});
