/** For tests without a journal: one desk and the exchange, empty and in memory. */
import { ControlState } from "@countermand/core/control";
import { Desk, REFERENCE_DESK_RULES } from "@countermand/core/desk";
import { Exchange } from "@countermand/core/exchange";
import { InstrumentTable, REFERENCE_INSTRUMENTS } from "@countermand/core/model";
import { RecentReports } from "../archive/recent-reports.ts";
import { Partitions } from "./partitions.ts";

export const DESK = "desk-22";

export function partitionsInMemory(recent = new RecentReports()): Partitions {
  const instruments = new InstrumentTable(REFERENCE_INSTRUMENTS);
  const desk = new Desk({ orderNoPrefix: 22, instruments, rules: REFERENCE_DESK_RULES });
  const lease = () => ({ epoch: 1, seq: 0 });
  return new Partitions(
    [{ name: DESK, desk, lease: lease() }],
    { exchange: new Exchange(instruments.all), lease: lease() },
    recent,
    undefined,
    { state: new ControlState(instruments), lease: lease() },
  );
}
