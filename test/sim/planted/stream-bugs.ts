/** Planted bugs of streams and connections. */
import type { PlantedBug } from "./planted-bug.ts";

const GATEWAY = "packages/gateway/src";

export const STREAM_BUGS: readonly PlantedBug[] = [
  {
    name: "push-lost-at-resume",
    what: "a stream that is resumed leaves out the first message that its reader lacks",
    seedsMax: 20,
    plants: [
      {
        file: `${GATEWAY}/stream/stream-session.ts`,
        find: "this.#sentSeq = start.afterSeq;\n        if (",
        replace: "this.#sentSeq = Math.min(start.afterSeq + 1, feed.durableSeq);\n        if (",
      },
    ],
  },
  {
    name: "trades-left-out",
    what: "a message of the public stream leaves out the trades of the first command that it tells",
    seedsMax: 20,
    plants: [
      {
        file: `${GATEWAY}/market/market-feed.ts`,
        find: "traded.filter((update) => update.seq > this.seq)",
        replace: "traded.filter((update) => update.seq > this.seq + 1)",
      },
    ],
  },
  {
    name: "closed-orders-shown",
    what: "the stream of a key with portfolios shows orders of others once they are closed",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/stream/stream-view.ts`,
        find: "  if (shows(view, order)) return whole;",
        replace: "  if (shows(view, order) || order.phase === 'Canceled') return whole;",
      },
    ],
  },
  {
    name: "reports-of-one-length",
    what: "an instrument may not be renamed while a slow reader is owed reports of it",
    seedsMax: 200,
    plants: [
      {
        file: `${GATEWAY}/stream/lateness.ts`,
        find: "if (this.#unsentBytes < 0) this.handedAll();",
        replace: 'if (this.#unsentBytes < 0) throw new Error("more is handed over than is owed");',
      },
    ],
  },
  {
    name: "snapshot-ahead",
    what: "a stream that begins with a snapshot leaves out the first message behind it",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/stream/gateway-feed.ts`,
        find: "snapshotEnds(seq, tagOf(view))",
        replace: "snapshotEnds(Math.max(0, seq - 1), tagOf(view))",
      },
    ],
  },
  {
    name: "answers-out-of-turn",
    what: "requests that are sent before the first is answered are answered in another order",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/http/plain-connection.ts`,
        find: "this.#waiting.push(request);",
        replace: "this.#waiting.unshift(request);",
      },
    ],
  },
];
