// Goal: a book is called live only while it is the one that is asked for, and whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketLink } from "./market-link.ts";
import type { SocketListener } from "./socket.ts";

class Bench {
  readonly sent: { readonly op: string; readonly symbols: readonly string[] }[] = [];
  readonly link: MarketLink;
  isFresh = false;
  seq: number | null = null;
  receivedCount = 0;
  #listener: SocketListener | null = null;

  constructor() {
    this.link = new MarketLink(
      {
        openSocket: (path, listener) => {
          assert.equal(path, "/ws/market/v1?heartbeat=2");
          this.#listener = listener;
          return { send: (text) => this.sent.push(JSON.parse(text)), close: () => {} };
        },
        after: () => ({ cancel: () => {} }),
      },
      {
        depth: (book) => {
          this.seq = book?.seq ?? null;
        },
        trades: () => {},
        candles: () => {},
        fresh: (isFresh) => {
          this.isFresh = isFresh;
        },
        received: () => {
          this.receivedCount += 1;
        },
      },
    );
  }

  async open(symbol: string): Promise<void> {
    this.link.follow(symbol, "1m");
    await settled();
    this.#listener?.opened();
  }

  async depth(symbol: string, type: "snapshot" | "delta", seq: number, prev_seq = 0) {
    const data = { bids: [["1", "2", 3]], asks: [] };
    this.#listener?.received(
      JSON.stringify({ type, channel: "depth", symbol, seq, prev_seq, data }),
    );
    await settled();
  }

  async lose(): Promise<void> {
    this.#listener?.closed(1006, "");
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("market link: another symbol is not live before its book has come", async () => {
  const bench = new Bench();
  await bench.open("00700");
  await bench.depth("00700", "snapshot", 5);
  assert.equal(bench.isFresh, true);
  await bench.open("AAPL");
  assert.equal(bench.isFresh, false);
  await bench.depth("00700", "delta", 6, 5);
  assert.equal(bench.isFresh, false, "of the symbol before");
  await bench.depth("AAPL", "snapshot", 9);
  assert.deepEqual([bench.isFresh, bench.seq, bench.receivedCount], [true, 9, 3]);
});

test("market link: a book with a gap is not live, and is asked for anew", async () => {
  const bench = new Bench();
  await bench.open("00700");
  await bench.depth("00700", "snapshot", 5);
  bench.sent.length = 0;
  await bench.depth("00700", "delta", 8, 7);
  assert.deepEqual([bench.isFresh, bench.seq], [false, null]);
  assert.deepEqual(
    bench.sent.map(({ op, symbols }) => [op, ...symbols]),
    [["subscribe", "00700"]],
  );
});

test("market link: a book goes on with each change that follows, and is not asked for anew", async () => {
  const bench = new Bench();
  await bench.open("00700");
  await bench.depth("00700", "snapshot", 5);
  bench.sent.length = 0;
  await bench.depth("00700", "delta", 7, 5);
  await bench.depth("00700", "delta", 8, 7);
  assert.deepEqual([bench.isFresh, bench.seq], [true, 8]);
  assert.deepEqual(bench.sent, []);
});

test("market link: what was shown when the connection broke is not live", async () => {
  const bench = new Bench();
  await bench.open("00700");
  await bench.depth("00700", "snapshot", 5);
  await bench.lose();
  assert.deepEqual([bench.isFresh, bench.seq], [false, 5]);
});
