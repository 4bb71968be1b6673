/** Planted bugs of orders, their market and its hours, and money. */
import type { PlantedBug } from "./planted-bug.ts";

const GATEWAY = "packages/gateway/src";
const CORE = "packages/core/src";

export const MARKET_BUGS: readonly PlantedBug[] = [
  {
    name: "late-and-not-resting",
    what: "an order that is only to rest trades when the venue takes it late",
    seedsMax: 20,
    plants: [
      {
        file: "packages/gateway/src/venue/venue-gate.ts",
        find: "(lane.onlyIfResting ? exchange.tradingFault(order) : null)",
        replace: "(lane.onlyIfResting ? null : null)",
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
    name: "condition-lost-in-query",
    what: "a cancel that a query string says is wanted whatever has happened",
    seedsMax: 60,
    plants: [
      {
        file: "packages/contract/src/requests/cancel.ts",
        find: "  return decodeNamingValues(named.values);",
        replace:
          "  const names = [...named.values].filter(([name]) => /order_no|reference_id/.test(name));\n" +
          "  return decodeNamingValues(new Map(names));",
      },
    ],
  },
  {
    name: "second-filter-lost",
    what: "a cancel-all that a query string says takes the first of its filters alone",
    seedsMax: 60,
    plants: [
      {
        file: "packages/contract/src/requests/cancel-all.ts",
        find: "  return decodeTexts(named.values);",
        replace: "  return decodeTexts(new Map([...named.values].slice(0, 1)));",
      },
    ],
  },
  {
    name: "traded-and-unknown",
    what: "a cancel-all of an instrument is refused as if nobody traded it",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "    if (desk.instrument(symbol) !== null) return null;",
        replace: "    if (desk.instrument(symbol) !== null && symbol.includes('-')) return null;",
      },
    ],
  },
  {
    name: "unknown-and-nothing-open",
    what: "a cancel-all of a symbol that nobody trades says that nothing is open",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "    if (symbol === undefined) return null;",
        replace: "    if (symbol === undefined || symbol.length === 4) return null;",
      },
    ],
  },
  {
    name: "nothing-cancelled",
    what: "a cancel-all says that nothing was open although orders that have traded were",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "        scope: { account, matches: matcherOf(caller, filter, nowMs) },",
        replace:
          "        scope: {\n" +
          "          account,\n" +
          "          matches: (order) => order.cumQty === 0n && matcherOf(caller, filter, nowMs)(order),\n" +
          "        },",
      },
    ],
  },
  {
    name: "older-is-younger",
    what: "a cancel-all of orders of an age takes those that are a second younger as well",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "nowMs - order.createdAtMs >= olderThanS * 1000",
        replace: "nowMs - order.createdAtMs >= olderThanS * 1000 - 1000",
      },
    ],
  },
  {
    name: "nasdaq-as-usex",
    what: "a cancel-all of one market cancels what was placed with another name of it",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "    (market === undefined || order.market === market) &&",
        replace:
          "    (market === undefined || (order.market === 'crypto') === (market === 'crypto')) &&",
      },
    ],
  },
  {
    name: "cancel-all-again",
    what: "a cancel-all that comes over a socket a second time cancels younger orders",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "    const written = this.#sequencer.writeMany(caller, identity, decide, origin);",
        replace:
          "    const isNew = identity.isReusable && this.#sequencer.remembers(caller.account, identity);\n" +
          "    const again = { ...identity, fingerprint: identity.fingerprint.slice(1) };\n" +
          "    const as = isNew ? again : identity;\n" +
          "    const written = this.#sequencer.writeMany(caller, as, decide, origin);",
      },
    ],
  },
  {
    name: "preview-cancels",
    what: "a cancel-all over a socket that is to show what it would cancel does so",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "    if (request.isPreview) return",
        replace: "    if (request.isPreview && identity.isReusable !== true) return",
      },
    ],
  },
  {
    name: "preview-leaves-out",
    what: "a preview of a cancel-all leaves out orders that have traded, behind the first one",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/cancel-all-service.ts`,
        find: "      if (matches(order)) fates.add(",
        replace:
          "      if (fates.counts.done > 0 && order.cumQty > 0n) return true;\n" +
          "      if (matches(order)) fates.add(",
      },
    ],
  },
  {
    name: "estimate-without-charges",
    what: "an estimate of a quantity takes the account's last cash for the price alone",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/money/account-views.ts`,
        find: "    return gross + chargeOn(feeTable, instrument.marketGroup, Side.Buy, gross as Amount);",
        replace:
          "    return gross + (chargeOn(feeTable, instrument.marketGroup, Side.Buy, 0n) as Amount);",
      },
    ],
  },
  {
    name: "candle-of-the-first-price",
    what: "the lowest price of a candle stays that of its first trade",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/market-data/candles.ts`,
        find: "    low: price < candle.low ? price : candle.low,",
        replace: "    low: candle.low,",
      },
    ],
  },
  {
    name: "tape-of-old-steps",
    what: "after a start trades are counted in the ticks and lots that held before a change",
    seedsMax: 200,
    plants: [
      {
        file: `${GATEWAY}/market/recover-tape.ts`,
        find: "      if (grid !== null) tape.setGrid(grid);",
        replace: "      if (grid === null) continue;",
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
        find: "this.#partitions.decisions.place(account, request, nowMs, guard);",
        replace: "this.#partitions.decisions.place(account, request, nowMs, guard && null);",
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
  {
    name: "post-only-at-the-best",
    what: "an order that is only to rest is taken where it would trade at the best price",
    seedsMax: 40,
    plants: [
      {
        file: `${CORE}/exchange/exchange.ts`,
        find: "!crosses(side, market.ticksOf(price), best.ticks)) return null;",
        replace:
          "market.ticksOf(price) === best.ticks || " +
          "!crosses(side, market.ticksOf(price), best.ticks)) return null;",
      },
    ],
  },
  {
    name: "post-only-amend-trades",
    what: "an amend that is only to rest is carried out where it trades",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/sequencer/order-decisions.ts`,
        find: "(request.condition.resting === true ?",
        replace: "(request.condition.resting === true && order.cumQty > 0n ?",
      },
    ],
  },
];
