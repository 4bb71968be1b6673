/**
 * Bugs that are put into the product to show that the simulator finds them: each a change of the
 * text of a source while it is loaded, so that nothing of them is in the product itself.
 */
import type { Plant } from "./doors/install.ts";

export interface PlantedBug {
  readonly name: string;
  /** What is wrong with the product then. */
  readonly what: string;
  /** It is found by one of the seeds from 1 to this one. */
  readonly seedsMax: number;
  readonly plants: readonly Plant[];
}

const GATEWAY = "packages/gateway/src";
const CORE = "packages/core/src";

export const PLANTED_BUGS: readonly PlantedBug[] = [
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
    name: "fill-race-counted-twice",
    what: "a cancel of a partly filled order gives back what has traded as well",
    seedsMax: 20,
    plants: [
      {
        file: `${CORE}/desk/desk-money.ts`,
        find: "    this.ledger.reserve(order.account, reservedAsset(order.side, instrument), units);",
        replace:
          "    const again = order.phase === 'Canceled' && order.side === Side.Sell ? order.cumQty : 0n;\n" +
          "    this.ledger.reserve(order.account, reservedAsset(order.side, instrument), units + again);",
      },
    ],
  },
  {
    name: "money-kept",
    what: "what a cancelled buy held back is not set free",
    seedsMax: 20,
    plants: [
      {
        file: `${CORE}/desk/desk-money.ts`,
        find: "    this.ledger.reserve(order.account, reservedAsset(order.side, instrument), units);",
        replace:
          "    if (order.phase === 'Canceled' && order.cumQty > 0n) return;\n" +
          "    this.ledger.reserve(order.account, reservedAsset(order.side, instrument), units);",
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
    name: "block-lets-some-in",
    what: "an operator's block and a market's mode do not keep out orders that are good till cancelled",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/sequencer/partitions.ts`,
        find:
          '    const blocked = this.#controlRefusal(account, request, request.enteredBy ?? "");\n' +
          "    if (blocked !== null) return blocked;",
        replace:
          '    const blocked = this.#controlRefusal(account, request, request.enteredBy ?? "");\n' +
          "    if (blocked !== null && request.timeInForce !== '1') return blocked;",
      },
    ],
  },
  {
    name: "lost-client-loses-all",
    what: "cancel on disconnect takes orders along that are good till cancelled",
    seedsMax: 200,
    plants: [
      {
        file: `${GATEWAY}/safety/disconnect-guard.ts`,
        find: "order.timeInForce === TimeInForce.GoodTillCancel;",
        replace: "order.timeInForce === TimeInForce.ImmediateOrCancel;",
      },
    ],
  },
  {
    name: "switch-fires-early",
    what: "a dead-man's switch fires a second before its time",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/safety/dead-man-timers.ts`,
        find: "this.#wait(account, scope, timeoutMs, timeoutMs);",
        replace: "this.#wait(account, scope, timeoutMs, timeoutMs - 1000);",
      },
    ],
  },
  {
    name: "debit-takes-what-is-held",
    what: "an operator's debit takes cash that open orders hold back",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/desk/funds.ts`,
        find: "return shortageRefusal(asset, units, account.balance(asset).free);",
        replace: "return shortageRefusal(asset, units, account.balance(asset).settled);",
      },
    ],
  },
  {
    name: "unsettled-cash-spent",
    what: "what a sale brings can be spent before it is settled",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/desk/funds.ts`,
        find: "const { free, sellable } = account.balance(asset);",
        replace:
          "const { free: settledFree, incoming, sellable } = account.balance(asset);\n" +
          "  const free = settledFree + incoming;",
      },
    ],
  },
  {
    name: "stop-at-its-trigger",
    what: "a stop order to buy waits on when a trade is at its trigger",
    seedsMax: 20,
    plants: [
      {
        file: `${CORE}/exchange/book/stop-book.ts`,
        find: "level !== undefined && level.ticks <= ticks; ) {",
        replace: "level !== undefined && level.ticks < ticks; ) {",
      },
    ],
  },
  {
    name: "one-open-order-too-many",
    what: "the limit of open orders of an account takes one more than it says",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/limits/limit-refusal.ts`,
        find: "  if (count < openOrders) return null;",
        replace: "  if (count <= openOrders) return null;",
      },
    ],
  },
  {
    name: "fewer-cancels-than-open",
    what: "a key is told of fewer cancels than its account has open orders",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/limits/budgets.ts`,
        find: "Math.max(open, cancel.count(nowMs))",
        replace: "cancel.count(nowMs)",
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
    name: "portfolio-cancels-all",
    what: "a key with portfolios finds every open order of its account",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/sequencer/command-turn.ts`,
        find: "return openTarget(this.#book, target, this.#caller.portfolioIds);",
        replace: "return openTarget(this.#book, target);",
      },
    ],
  },
  {
    name: "revoked-key-lives",
    what: "a key that was revoked is taken on",
    seedsMax: 100,
    plants: [
      {
        file: `${CORE}/control/api-keys.ts`,
        find: '  if (revoked !== null) return "revoked";',
        replace: '  if (revoked !== null) return "active";',
      },
    ],
  },
  {
    name: "cancel-before-the-match",
    what: "cancels are taken in the last minutes before an auction is matched",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/rules/rule-faults.ts`,
        find: '  return windowFault(rules, "cancel", sessionAt(rules.hours, atMs).session.terms, atMs);',
        replace:
          "  const { terms } = sessionAt(rules.hours, atMs).session;\n" +
          '  return terms.phase === "auction" ? null : windowFault(rules, "cancel", terms, atMs);',
      },
    ],
  },
  {
    name: "day-orders-outlive",
    what: "day orders that are good for little stay over night",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/exchange/decisions.ts`,
        find: "      if (order.timeInForce !== TimeInForce.Day) continue;",
        replace: "      if (order.timeInForce !== TimeInForce.Day || order.lots < 4) continue;",
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
    name: "halted-and-traded",
    what: "an instrument that is halted takes orders",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/control/control-state.ts`,
        find: "    if (this.#instruments.get(symbol)?.halted === true) {",
        replace: '    if (this.#instruments.get(symbol)?.halted === true && symbol === "") {',
      },
    ],
  },
  {
    name: "off-the-new-tick",
    what: "stop orders whose trigger is off a new tick stay",
    seedsMax: 300,
    plants: [
      {
        file: `${CORE}/exchange/listing.ts`,
        find: "if ([ticks, stopTicks, protectionTicks].some(isOff)",
        replace: "if ([ticks, protectionTicks].some(isOff)",
      },
      {
        file: `${CORE}/model/instrument.ts`,
        find: "return [order.price, order.stopPx].every(",
        replace: "return [order.price].every(",
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
    name: "old-version-amended",
    what: "an amend does not look at the version that it was to be for",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/desk/amend.ts`,
        find: "if (condition.version !== null && condition.version !== order.version) {",
        replace: "if (condition.version !== null && condition.version > order.version) {",
      },
    ],
  },
  {
    name: "archive-stays-away",
    what: "the archive is not started again when its thread has died",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/archive/order-archive.ts`,
        find: "    this.#retry = this.#clock.after(this.#retryMs, () => {",
        replace: "    this.#retry = this.#clock.after(this.#retryMs * 1e6, () => {",
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
  {
    name: "one-step-only",
    what: "orders that are cancelled in several steps stay, but for those of the first step",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/sequencer/cancel-runs.ts`,
        find: "    if (!sweep.isOver) return;",
        replace: "    sweep.end();",
      },
    ],
  },
  {
    name: "trigger-stays",
    what: "an amend leaves the trigger of a stop order as it was",
    seedsMax: 300,
    plants: [
      {
        file: `${CORE}/desk/amend.ts`,
        find: "    stopPx: checkedPrice(figures.stopPx),",
        replace: "    stopPx: order.stopPx,",
      },
    ],
  },
  {
    name: "reload-unheard",
    what: "limits of accounts in the settings do not change while it runs",
    seedsMax: 300,
    plants: [{ file: `${GATEWAY}/reload.ts`, find: '  "accountLimits",', replace: '  "dataDir",' }],
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
    name: "signature-of-anything",
    what: "a signature by Ed25519 is good whatever it was made of",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/auth/signature-checks.ts`,
        find: "return verify(null, Buffer.concat([",
        replace: "return key.type === 'public' || verify(null, Buffer.concat([",
      },
    ],
  },
  {
    name: "rotated-in-vain",
    what: "a key that is rotated keeps its secret",
    seedsMax: 300,
    plants: [
      {
        file: `${CORE}/control/api-keys.ts`,
        find: "{ ...key, credential, rotatedAtMs: act.atMs, previous }",
        replace: "{ ...key, rotatedAtMs: act.atMs, previous }",
      },
    ],
  },
  {
    name: "expired-key-lives",
    what: "a key is good for some seconds after its expiry",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/auth/authenticate.ts`,
        find: "const key = this.#options.keys.find(apiKey, nowMs);",
        replace: "const key = this.#options.keys.find(apiKey, nowMs - 5_000);",
      },
    ],
  },
  {
    name: "expired-stream-lives",
    what: "a stream stays open for a minute after its key has expired",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/ws/ws-server.ts`,
        find: "const delayMs = Math.min(untilMs - clock.wallMs(), KEY_CHECK_MS);",
        replace: "const delayMs = Math.max(untilMs - clock.wallMs(), KEY_CHECK_MS);",
      },
    ],
  },
  {
    name: "overlap-cut-short",
    what: "a secret ends at its rotation, whatever overlap was asked for",
    seedsMax: 100,
    plants: [
      {
        file: `${CORE}/control/api-keys.ts`,
        find: "const previous = untilMs > act.atMs ?",
        replace: "const previous = untilMs > act.atMs + 60_000 ?",
      },
    ],
  },
  {
    name: "closed-too-little",
    what: "closing an account that is to be emptied leaves its oldest order",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/operator/account-acts.ts`,
        find: "for (const order of [...book.openOldestFirst()]) {",
        replace: "for (const order of [...book.openOldestFirst()].slice(1)) {",
      },
    ],
  },
  {
    name: "clocks-back-late",
    what: "the clocks of New York go back a week late",
    seedsMax: 100,
    plants: [
      {
        file: `${CORE}/rules/time/zone.ts`,
        find: "ends: { month: 11, nthSunday: 1,",
        replace: "ends: { month: 11, nthSunday: 2,",
      },
    ],
  },
  {
    name: "half-day-whole",
    what: "shares of the United States trade on after a half day has ended",
    seedsMax: 300,
    plants: [
      {
        file: `${CORE}/rules/markets/usex.ts`,
        find: '["13:00", CLOSED],',
        replace: '["16:00", CLOSED],',
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
  {
    name: "kill-in-the-window",
    what: "others than clients cancel where the market takes no cancels",
    seedsMax: 300,
    plants: [
      {
        file: `${GATEWAY}/sequencer/partitions.ts`,
        find: "    if (refusal !== null) return refusal;\n    const plan",
        replace:
          '    if (refusal !== null && reason === "requested") return refusal;\n    const plan',
      },
    ],
  },
  {
    name: "odd-lot-grows",
    what: "an amend makes a board lot of an odd lot that has not traded",
    seedsMax: 100,
    plants: [
      {
        file: `${CORE}/desk/amend.ts`,
        find: "  if (isOddLot(instrument, orderQty) !== isOddLot(instrument, order.orderQty)) {",
        replace:
          "  const isOdd = isOddLot(instrument, order.orderQty);\n" +
          "  if (isOddLot(instrument, orderQty) !== isOdd && order.cumQty > 0n) {",
      },
    ],
  },
  {
    name: "retired-and-open",
    what: "the oldest order stays in an instrument that is retired",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/operator/instrument-acts.ts`,
        find: "    const orders = this.#working(symbol);",
        replace: "    const orders = this.#working(symbol).slice(1);",
      },
    ],
  },
  {
    name: "preview-does-it",
    what: "a preview does what it shows",
    seedsMax: 20,
    plants: [
      {
        file: `${GATEWAY}/sequencer/sequencer.ts`,
        find: "      this.#previewRules,\n      this.#previews,\n",
        replace: "      this.#previewRules,\n",
      },
    ],
  },
  {
    name: "preview-without-limits",
    what: "a preview of an order knows of no limit",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/sequencer/previews.ts`,
        find: "this.#partitions.decidePlace(account, request, nowMs, guard);",
        replace: "this.#partitions.decidePlace(account, request, nowMs, guard && null);",
      },
    ],
  },
  {
    name: "preview-of-half",
    what: "a preview of an order shows its first trade alone",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/sequencer/previews.ts`,
        find: "    for (const event of exchange.decide(command)) {",
        replace: "    for (const event of exchange.decide(command).slice(0, 2)) {",
      },
    ],
  },
];
