/** Planted bugs of what is written, remembered and listed. */
import type { PlantedBug } from "./planted-bug.ts";

const GATEWAY = "packages/gateway/src";
const CORE = "packages/core/src";

export const DURABLE_BUGS: readonly PlantedBug[] = [
  {
    name: "told-before-durable",
    what: "an answer leaves before what it tells of is on the disk",
    seedsMax: 20,
    plants: [
      {
        file: `${GATEWAY}/sequencer/group-commit.ts`,
        find: "const released = this.#next.promise.then(() => value);",
        replace: "const released = Promise.resolve(value);",
      },
    ],
  },
  {
    name: "commit-without-sync",
    what: "a commit of the journal is not flushed to the disk",
    seedsMax: 20,
    plants: [
      {
        file: `${GATEWAY}/journal/sqlite-journal.ts`,
        find: 'database.pragma("synchronous = FULL");',
        replace: 'database.pragma("synchronous = NORMAL");',
      },
      {
        file: `${GATEWAY}/journal/sqlite-journal.ts`,
        find: 'assert(database.pragma("synchronous", { simple: true }) === 2,',
        replace: 'assert(database.pragma("synchronous", { simple: true }) === 1,',
      },
    ],
  },
  {
    name: "memory-lost-at-restart",
    what: "after a restart it is forgotten which requests were answered",
    seedsMax: 20,
    plants: [
      {
        file: `${GATEWAY}/sequencer/recovery.ts`,
        find: "  desk.apply(event, record.seq);",
        replace:
          "  if (event.type === 'ExecutionReported') {\n" +
          "    const { answered: _, ...report } = event;\n" +
          "    desk.apply(report, record.seq);\n" +
          "  } else if (event.type !== 'RequestAnswered') desk.apply(event, record.seq);",
      },
    ],
  },
  {
    name: "forgotten-unnoted",
    what: "the memory of requests does not know what it has forgotten",
    seedsMax: 300,
    plants: [
      {
        file: `${CORE}/desk/answered-requests.ts`,
        find: "    this.#forgotten.add(expirySecond(this.#expiryMs(entry) as UnixMs));\n",
        replace: "",
      },
    ],
  },
  {
    name: "command-done-twice",
    what: "an id of a command may be used again behind a clock that was ahead",
    seedsMax: 300,
    plants: [
      {
        file: `${GATEWAY}/sequencer/sequencer.ts`,
        find: "if (openMs === null || isIdempotent) return null;",
        replace: "if (openMs === null || isIdempotent || isReusable) return null;",
      },
    ],
  },
  {
    name: "snapshot-lacks-a-field",
    what: "a snapshot forgets how far an account's stream has come",
    seedsMax: 20,
    plants: [
      {
        file: `${CORE}/desk/desk.ts`,
        find: 'const cells = ["account", name, streamSeq, shortSellingAllowed,',
        replace: 'const cells = ["account", name, streamSeq - 1, shortSellingAllowed,',
      },
    ],
  },
  {
    name: "seals-unchecked",
    what: "the seals of the journal's blocks are not looked at when it is opened",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/journal/chain-walk.ts`,
        find: "sealOf(name, last.hash, row) === seal;",
        replace: 'sealOf(name, last.hash, row) !== "";',
      },
    ],
  },
  {
    name: "archive-stays-away",
    what: "the archive is not started again when its thread has died",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/archive/archive-keeper.ts`,
        find: "const retry = clock.after(retryInMs, () => this.#startAgain());",
        replace: "const retry = clock.after(retryInMs * 1e6, () => this.#startAgain());",
      },
    ],
  },
  {
    name: "page-overlaps",
    what: "a later page of a list repeats the last order of the page before",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/archive/closed-order-lists.ts`,
        find: "          ORDER BY order_number DESC LIMIT ? OFFSET ?`",
        replace: "          ORDER BY order_number DESC LIMIT ? OFFSET max(0, ? - 1)`",
      },
    ],
  },
  {
    name: "open-listed-as-closed",
    what: "a list of closed orders shows those in memory that are open as well",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/archive/order-query.ts`,
        find: 'if (state === "closed" || !admitsOpen(filter))',
        replace: "if (!admitsOpen(filter))",
      },
    ],
  },
  {
    name: "closed-listed-as-open",
    what: "a list of open orders shows those that have closed as well",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/archive/order-query.ts`,
        find: 'if (state === "open" || !admitsClosed(filter))',
        replace: "if (!admitsClosed(filter))",
      },
    ],
  },
  {
    name: "end-of-memory-exclusive",
    what: "a list up to a second leaves out those in memory that were made in it",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/archive/order-filter.ts`,
        find: "createdS <= createdToS",
        replace: "createdS < createdToS",
      },
    ],
  },
  {
    name: "end-of-archive-exclusive",
    what: "a list up to a second leaves out archived orders that were made in it",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/archive/order-filter.ts`,
        find: "created_s <= ?",
        replace: "created_s < ?",
      },
    ],
  },
  {
    name: "charged-too-early",
    what: "the line of a trade shows the balance that only the line of its charges leaves",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/money/transactions.ts`,
        find: "balance: cashBalance + lastChargeAmt,",
        replace: "balance: cashBalance,",
      },
    ],
  },
  {
    name: "receipt-of-all",
    what: "a receipt says that all was cancelled, whatever had traded before",
    seedsMax: 60,
    plants: [
      {
        file: "packages/contract/src/answers/receipt.ts",
        find: "formatDecimal(order.orderQty - order.cumQty)",
        replace: "formatDecimal(order.orderQty)",
      },
    ],
  },
  {
    name: "remembered-and-cut",
    what: "a cut of the journal takes answers along that are remembered",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/retention/cut-plan.ts`,
        find: "remembered.reduce((least, seq) => Math.min(least, seq), lastSeq) - 1]",
        replace: "lastSeq - 1]",
      },
    ],
  },
  {
    name: "story-without-refusals",
    what: "the story of an order leaves out what was refused about it",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/archive/story-walk.ts`,
        find: "this.#refusal = sources.table.refusalBefore(account, head.orderNumber, beforeSeq);",
        replace: "this.#refusal = sources.table.refusalBefore(account, head.orderNumber, 0);",
      },
    ],
  },
  {
    name: "given-up-and-answered",
    what: "who was told that nobody knows gets the answer besides",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/sequencer/awaited-answers.ts`,
        find: "        if (this.#waiting.delete(giveUp)) give(given);",
        replace: "        this.#waiting.delete(giveUp);\n        give(given);",
      },
    ],
  },
];
