// Goal: a book is called live only while it is the one that is asked for, and whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketLink } from "./market-link.ts";
import type { SocketListener } from "./socket.ts";

class Bench {
  readonly sent: { readonly op: string; readonly symbols: readonly string[] }[] = [];
  readonly link: MarketLink;
  isFresh = false;
  #listener: SocketListener | null = null;

  constructor() {
    this.link = new MarketLink(
      {
        openSocket: (_path, listener) => {
          this.#listener = listener;
          return { send: (text) => this.sent.push(JSON.parse(text)), close: () => {} };
        },
        after: () => ({ cancel: () => {} }),
      },
      {
        depth: () => {},
        trades: () => {},
        candles: () => {},
        fresh: (isFresh) => {
          this.isFresh = isFresh;
        },
        received: () => {},
      },
    );
  }

  open(symbol: string): void {
    this.link.follow(symbol, "1m");
    this.#listener?.opened();
  }

  depth(symbol: string, type: "snapshot" | "delta", seq: number, prev_seq = 0): void {
    const data = { bids: [["1", "2", 3]], asks: [] };
    this.#listener?.received(
      JSON.stringify({ type, channel: "depth", symbol, seq, prev_seq, data }),
    );
  }
}

test("market link: another symbol is not live before its book has come", () => {
  const bench = new Bench();
  bench.open("00700");
  bench.depth("00700", "snapshot", 5);
  assert.equal(bench.isFresh, true);
  bench.link.follow("AAPL", "1m");
  assert.equal(bench.isFresh, false);
  bench.depth("00700", "delta", 6, 5);
  assert.equal(bench.isFresh, false, "of the symbol before");
  bench.depth("AAPL", "snapshot", 9);
  assert.equal(bench.isFresh, true);
});

test("market link: a book with a gap is not live, and is asked for anew", () => {
  const bench = new Bench();
  bench.open("00700");
  bench.depth("00700", "snapshot", 5);
  bench.sent.length = 0;
  bench.depth("00700", "delta", 8, 7);
  assert.equal(bench.isFresh, false);
  assert.deepEqual(
    bench.sent.map(({ op, symbols }) => [op, ...symbols]),
    [["subscribe", "00700"]],
  );
});

test("market link: a book goes on with each change that follows, and is not asked for anew", () => {
  const bench = new Bench();
  bench.open("00700");
  bench.depth("00700", "snapshot", 5);
  bench.sent.length = 0;
  bench.depth("00700", "delta", 7, 5);
  bench.depth("00700", "delta", 8, 7);
  assert.equal(bench.isFresh, true);
  assert.deepEqual(bench.sent, []);
});
