// The page of the market rules against the data: sessions, spreads, limits, days.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ORDER_TYPE_WORDS } from "../../packages/contract/src/index.ts";
import {
  formatDecimal,
  MarketName,
  type OrdType,
  REFERENCE_INSTRUMENTS,
  type UnixDay,
} from "../../packages/core/src/model/index.ts";
import {
  type DayKind,
  formatDay,
  formatSecond,
  HKEX_CALENDAR,
  HKEX_LOTS_MAX,
  instrumentsUnder,
  type PlannedSession,
  ruleProfile,
  type SpreadSchedule,
  USEX_CALENDAR,
} from "../../packages/core/src/rules/index.ts";
import { page, section, tableRows } from "./pages.ts";

const PAGE = page("docs/concepts/market-rules.md");
const { markets } = ruleProfile("strict", { seed: 1 });
const { hkex, usex } = markets;

function wordsOf(types: readonly OrdType[]): string {
  if (types.length === 0) return "none";
  return types.map((type) => `\`${ORDER_TYPE_WORDS.wordOf(type)}\``).join(", ");
}

function timeOf(second: number): string {
  return formatSecond(second).slice(0, 5);
}

/** From, session, phase, new orders, amends, cancels. */
function sessionRows(sessions: readonly PlannedSession[]): string[][] {
  return sessions.map(({ fromS, terms, afterRandomEnd }) => {
    const { name, phase, ordTypes, amends, cancels } = terms;
    const ends = afterRandomEnd === null ? "" : `, ends at random, then \`${afterRandomEnd.name}\``;
    const taken = (is: boolean) => (is ? "yes" : "no");
    return [
      timeOf(fromS),
      `\`${name}\`${ends}`,
      phase,
      wordsOf(ordTypes),
      taken(amends),
      taken(cancels),
    ];
  });
}

/** From the day, prices above, up to, spread. */
function spreadRows(schedule: SpreadSchedule): string[][] {
  return schedule.flatMap(({ from, lowest, bands }) => {
    let above = formatDecimal(lowest);
    return bands.map(({ upTo, tick }) => {
      const row = [formatDay(from as UnixDay), above, formatDecimal(upTo), formatDecimal(tick)];
      above = formatDecimal(upTo);
      return row;
    });
  });
}

const SESSIONS: readonly (readonly [heading: string, market: "hkex" | "usex", kind: DayKind])[] = [
  ["### Hong Kong, a full day", "hkex", "full"],
  ["### Hong Kong, a half day", "hkex", "half"],
  ["### United States, a full day", "usex", "full"],
  ["### United States, a half day", "usex", "half"],
];

const EXPECTED: readonly (readonly [heading: string, rows: readonly (readonly string[])[]])[] = [
  ...SESSIONS.map(([heading, market, kind]) => {
    return [heading, sessionRows(markets[market].hours.plan[kind].sessions)] as const;
  }),
  ["### Spreads of Hong Kong", spreadRows(hkex.spreads ?? [])],
  ["### Spreads of the United States", spreadRows(usex.spreads ?? [])],
  ["### Closed days of Hong Kong", HKEX_CALENDAR.holidays],
  ["### Half days of Hong Kong", HKEX_CALENDAR.halfDays],
  ["### Closed days of the United States", USEX_CALENDAR.holidays],
  ["### Half days of the United States", USEX_CALENDAR.halfDays],
  ["### Days without settlement in the United States", USEX_CALENDAR.noSettlement],
];

for (const [heading, rows] of EXPECTED) {
  test(`market rules page: ${heading.slice(4)} is the code's`, () => {
    const documented = tableRows(section(PAGE, heading));
    assert.ok(rows.length > 0);
    assert.deepEqual(documented, rows);
  });
}

test("market rules page: the ticks of the strict books are the code's", () => {
  const strict = instrumentsUnder(ruleProfile("strict", { seed: 1 }), REFERENCE_INSTRUMENTS);
  const expected = strict.map(({ symbol, priceTick }, index) => [
    `\`${symbol}\``,
    formatDecimal(REFERENCE_INSTRUMENTS[index]?.priceTick ?? 0n),
    formatDecimal(priceTick),
  ]);
  assert.deepEqual(tableRows(section(PAGE, "### Grids")), expected);
});

test("market rules page: figures of the price limits and of lots are the code's", () => {
  assert.ok(PAGE.includes(`${HKEX_LOTS_MAX} board lots`));
  const limits = hkex.hours.plan.full.sessions.flatMap(({ terms }) => terms.priceLimit ?? []);
  for (const limit of limits) {
    if (limit.kind === "Quote") {
      const passive = `${limit.passiveSpreads} spreads or ${limit.passivePercent} %`;
      assert.ok(PAGE.includes(passive), passive);
    } else {
      const band = limit.kind === "Band" ? limit : limit.firstStage;
      assert.ok(PAGE.includes(`${band.percent} % around`), String(band.percent));
    }
  }
  for (const market of [MarketName.Hkex, MarketName.Usex, MarketName.Crypto]) {
    const { settlement } = markets[market];
    assert.ok(PAGE.includes(`T+${settlement.days}`) || settlement.days === 0, market);
  }
});
