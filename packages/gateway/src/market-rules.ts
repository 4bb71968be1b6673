/** The market rules that a node is configured with, and what follows from them. */
import { type DeskRules, REFERENCE_DESK_RULES } from "@countermand/core/desk";
import {
  type Instrument,
  type MarketGroup,
  MarketName,
  OrdType,
  REFERENCE_INSTRUMENTS,
} from "@countermand/core/model";
import { REFERENCE_SETTLEMENT, type SettlementTerms } from "@countermand/core/money";
import {
  instrumentsUnder,
  type RuleProfile,
  type RuleProfileName,
  ruleProfile,
  settlementHolidays,
} from "@countermand/core/rules";
import { type BegunRules, decodeSessionEvent } from "@countermand/core/session";
import type { JournalInspection } from "./journal/inspect.ts";
import { JournalReader } from "./journal/journal-reader.ts";
import { SESSION_PARTITION } from "./sequencer/sessions.ts";

export interface NodeRules {
  readonly profile: RuleProfile;
  readonly seed: number;
  readonly instruments: readonly Instrument[];
  readonly deskRules: DeskRules;
}

export function nodeRules(name: RuleProfileName, seed: number): NodeRules {
  const profile = ruleProfile(name, { seed });
  const instruments = instrumentsUnder(profile, REFERENCE_INSTRUMENTS);
  const deskRules = name === "reference" ? REFERENCE_DESK_RULES : strictDeskRules(profile);
  return { profile, seed, instruments, deskRules };
}

/** A journal was begun under other rules: its prices mean something else under these. */
class RulesMismatchError extends Error {
  override readonly name = "RulesMismatchError";
  readonly code = "RULES_MISMATCH";
}

/**
 * A journal is read by the rules it was begun under, because its prices are counted in their ticks.
 * @throws RulesMismatchError
 */
export function requireSameRules(
  dataDir: string,
  { partitions }: JournalInspection,
  { profile, seed }: NodeRules,
): void {
  const isNew = [...partitions.values()].every(({ lastSeq }) => lastSeq === 0);
  if (isNew) return;
  const begun = begunRules(dataDir);
  if (begun.profile !== profile.name) {
    throw new RulesMismatchError(
      `COUNTERMAND_MARKET_RULES is ${profile.name}, but ${dataDir} was begun with ` +
        `${begun.profile}: set that, or take another COUNTERMAND_DATA_DIR`,
    );
  }
  if (profile.name !== "reference" && begun.seed !== seed) {
    throw new RulesMismatchError(
      `COUNTERMAND_MARKET_SEED is ${seed}, but ${dataDir} was begun with ${begun.seed}: ` +
        "set that, or take another COUNTERMAND_DATA_DIR",
    );
  }
}

/** The rules that a journal was begun under. */
export function rulesOfJournal(dataDir: string): NodeRules {
  const { profile, seed } = begunRules(dataDir);
  return nodeRules(profile, seed);
}

/** Rules that are not said are the reference ones. */
function begunRules(dataDir: string): BegunRules {
  const reader = new JournalReader(dataDir);
  try {
    const [first] = reader.read(SESSION_PARTITION, 0, 1);
    const event = first === undefined ? null : decodeSessionEvent(first.payload);
    return event?.type === "RulesBegan" ? event : { profile: "reference", seed: 0 };
  } finally {
    reader.close();
  }
}

/** Every order type, and the holidays of each market between a trade and its settlement. */
function strictDeskRules({ markets }: RuleProfile): DeskRules {
  const settlementOf = (group: MarketGroup): SettlementTerms => {
    const { calendar, days } = markets[group].settlement;
    return {
      ...REFERENCE_SETTLEMENT[group],
      dayCount: days,
      holidays: settlementHolidays(calendar),
    };
  };
  return {
    ...REFERENCE_DESK_RULES,
    settlement: {
      hkex: settlementOf(MarketName.Hkex),
      usex: settlementOf(MarketName.Usex),
      crypto: settlementOf(MarketName.Crypto),
    },
    ordTypes: new Set(Object.values(OrdType)),
  };
}
