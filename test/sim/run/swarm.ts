/**
 * What a seed drives besides the plain life of a gateway: each thing by chance and for itself, so
 * that they meet in every combination.
 */
import { Random } from "../world/random.ts";

export interface Swarm {
  /** Operators rename and halt instruments, and change ticks and lots. */
  readonly instruments: boolean;
  /** Readers come for a while: from anywhere in a stream, or with a snapshot. */
  readonly visitors: boolean;
  /** Several requests are sent on one connection before the first is answered. */
  readonly pipelines: boolean;
  /** Faults of the venue do not keep safety nets and operators away. */
  readonly netsBesideFaults: boolean;
  /** What is traded where there are no sessions. */
  readonly symbols: readonly string[];
  /** An operator lists an instrument, in which people trade, and perhaps retires it. */
  readonly listings: boolean;
  /** Safety nets and operators, beside sessions and auctions. */
  readonly strictNets: boolean;
  /** Cancels and amends say when they are not wanted any more. */
  readonly conditions: boolean;
  /** Orders and amends say that they are only to rest. */
  readonly resting: boolean;
  /** Lists are filtered, and in pages of few. */
  readonly filters: boolean;
  /** Clients ask what would come of a request before they send it. */
  readonly previews: boolean;
  /** The disk does not answer for a while. */
  readonly silences: boolean;
  /** Limits in the settings change while it runs. */
  readonly reloads: boolean;
  /** Keys get other secrets. */
  readonly rotations: boolean;
  /** Operators open accounts, and close them. */
  readonly accounts: boolean;
  /** Keys expire. */
  readonly expiries: boolean;
  /** The thread of the archive or of a snapshot dies, and nothing else. */
  readonly threadDeaths: boolean;
  /** Clients look at switches, at restrictions and at what they could trade. */
  readonly looks: boolean;
  /** Somebody asks about the public market, beside those who follow it. */
  readonly asks: boolean;
  /** An operator looks at accounts, instruments, limits and keys. */
  readonly inspections: boolean;
  /** Somebody signs in with a browser. */
  readonly signIns: boolean;
  /** Cancels come in all their forms. */
  readonly forms: boolean;
  /** Signed receipts are asked for. */
  readonly receipts: boolean;
  /** The journal is cut, late in the story. */
  readonly cuts: boolean;
  /** Keys of Ed25519 are used, and signatures are forged. */
  readonly signatures: boolean;
  /** Bytes that the system holds for a reader that does not read. */
  readonly bufferBytes: number;
  /** How many of a hundred messages of clients arrive in pieces of a few bytes. */
  readonly crumbPercent: number;
}

/** Whether a seed has sessions and auctions, by the rules of the exchanges. */
export function isStrict(seed: number): boolean {
  return new Random(seed, "strict").chance(0.15);
}

/** Mornings before which clocks change, markets are closed, or close early; and an ordinary one. */
const STARTS = [
  "2025-03-06",
  "2025-03-07",
  "2025-05-08",
  "2025-06-30",
  "2025-07-02",
  "2025-10-30",
  "2025-10-31",
  "2025-11-10",
  "2025-11-25",
  "2025-11-26",
  "2025-12-22",
  "2025-12-23",
  "2025-12-30",
];

/** Real time when the story of a seed begins. */
export function startMs(seed: number): number {
  if (!isStrict(seed)) return ORDINARY_START_MS + (seed % 10_000) * 61_000;
  const random = new Random(seed, "start");
  return Date.parse(random.pick(STARTS)) + random.between(0, DAY_MS);
}

const ORDINARY_START_MS = 1_746_774_142_000;
const DAY_MS = 86_400_000;

const SYMBOLS = [
  ["AAPL", "DODO-USDT"],
  ["AAPL", "DODO-USDT"],
  ["00700", "AAPL", "DODO-USDT"],
  ["00700"],
];

export function chooseSwarm(seed: number, isStrict: boolean): Swarm {
  const random = new Random(seed, "swarm");
  const maybe = (): boolean => random.chance(0.5);
  const plain = maybe() && !isStrict;
  return {
    instruments: plain,
    visitors: maybe(),
    pipelines: maybe(),
    symbols: new Random(seed, "symbols").pick(SYMBOLS),
    listings: new Random(seed, "listings").chance(0.4),
    strictNets: new Random(seed, "strict nets").chance(0.7),
    previews: new Random(seed, "previews").chance(0.5),
    looks: new Random(seed, "looks").chance(0.4),
    asks: new Random(seed, "asks").chance(0.3) && !isStrict,
    inspections: new Random(seed, "inspections").chance(0.4),
    signIns: new Random(seed, "sign-ins").chance(0.3),
    forms: new Random(seed, "forms").chance(0.6),
    resting: new Random(seed, "resting").chance(0.5) && !isStrict,
    silences: new Random(seed, "silences").chance(0.4),
    netsBesideFaults: random.chance(0.7),
    conditions: maybe() && !isStrict,
    filters: maybe(),
    threadDeaths: maybe(),
    reloads: maybe(),
    rotations: maybe(),
    bufferBytes: random.pick([65_536, 16_384, 2_048, 2_048]),
    crumbPercent: random.pick([0, 0, 1, 5]),
    receipts: maybe(),
    cuts: random.chance(0.3),
    signatures: maybe(),
    expiries: maybe(),
    accounts: maybe(),
  };
}
