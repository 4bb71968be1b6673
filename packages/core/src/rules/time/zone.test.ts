import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { UnixMs } from "../../model/ids.ts";
import { dayOf, formatDay } from "./civil.ts";
import { formatLocal, HONG_KONG, instantOf, localTime, NEW_YORK, UTC, type Zone } from "./zone.ts";

const ZONES: readonly Zone[] = [UTC, HONG_KONG, NEW_YORK];
const IANA: Readonly<Record<string, string>> = {
  UTC: "UTC",
  "Hong Kong": "Asia/Hong_Kong",
  "New York": "America/New_York",
};

test("zones: the days on which New York changes its clocks, second by second", () => {
  const rows: readonly (readonly [utc: string, local: string])[] = [
    ["2025-03-09T06:59:59Z", "2025-03-09 01:59:59 -05:00"],
    ["2025-03-09T07:00:00Z", "2025-03-09 03:00:00 -04:00"],
    ["2025-11-02T05:59:59Z", "2025-11-02 01:59:59 -04:00"],
    ["2025-11-02T06:00:00Z", "2025-11-02 01:00:00 -05:00"],
    ["2026-03-08T06:59:59Z", "2026-03-08 01:59:59 -05:00"],
    ["2026-03-08T07:00:00Z", "2026-03-08 03:00:00 -04:00"],
    ["2026-11-01T05:59:59Z", "2026-11-01 01:59:59 -04:00"],
    ["2026-11-01T06:00:00Z", "2026-11-01 01:00:00 -05:00"],
    ["2027-03-14T07:00:00Z", "2027-03-14 03:00:00 -04:00"],
    ["2027-11-07T06:00:00Z", "2027-11-07 01:00:00 -05:00"],
    ["2026-01-01T04:59:59Z", "2025-12-31 23:59:59 -05:00"],
  ];
  for (const [utc, local] of rows) assert.equal(formatLocal(NEW_YORK, ms(utc)), local);
});

test("zones: Hong Kong is eight hours ahead all year", () => {
  assert.equal(formatLocal(HONG_KONG, ms("2025-08-04T01:30:00Z")), "2025-08-04 09:30:00 +08:00");
  assert.equal(formatLocal(HONG_KONG, ms("2025-12-31T16:00:00Z")), "2026-01-01 00:00:00 +08:00");
});

test("zones: an hour that is skipped is standard time, one that comes twice is the first", () => {
  const spring = dayOf("2025-03-09");
  const autumn = dayOf("2025-11-02");
  assert.equal(instantOf(NEW_YORK, spring, 9000), ms("2025-03-09T07:30:00Z"));
  assert.equal(instantOf(NEW_YORK, autumn, 5400), ms("2025-11-02T05:30:00Z"));
  assert.equal(instantOf(NEW_YORK, autumn, 7200), ms("2025-11-02T07:00:00Z"));
});

test("zones: local time agrees with the platform's, since 2007", () => {
  const moments = fc.integer({ min: ms("2007-06-01T00:00:00Z"), max: ms("2037-12-31T00:00:00Z") });
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), moments, (zone, moment) => {
      assert.equal(formatLocal(zone, moment as UnixMs).slice(0, 19), platformTime(zone, moment));
    }),
  );
});

test("zones: a local time leads back to its moment", () => {
  const seconds = fc.integer({ min: ms("2007-06-01T00:00:00Z") / 1000, max: 2_145_916_800 });
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), seconds, (zone, second) => {
      const atMs = (second * 1000) as UnixMs;
      const { day, secondOfDay } = localTime(zone, atMs);
      const back = instantOf(zone, day, secondOfDay);
      // Only the second pass of the repeated hour leads to the first.
      const isRepeated = back === atMs - 3_600_000 && formatDay(day).slice(5, 7) === "11";
      assert.ok(back === atMs || (zone === NEW_YORK && isRepeated));
    }),
  );
});

test("zones: parts of a second belong to the second that has begun, before 1970 too", () => {
  assert.equal(localTime(UTC, 999 as UnixMs).secondOfDay, 0);
  assert.equal(localTime(UTC, -1 as UnixMs).secondOfDay, 86_399);
});

function platformTime(zone: Zone, moment: number): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: IANA[zone.name] ?? "",
    dateStyle: "short",
    timeStyle: "medium",
  });
  return format.format(moment);
}

function ms(utc: string): UnixMs {
  return Date.parse(utc) as UnixMs;
}
