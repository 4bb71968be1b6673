/**
 * Bounds of the product that a story of some hundred requests would never reach, made small as
 * their sources are loaded: so steps, chunks and turns end in the middle of what is done, and
 * readers are late. What clients are promised does not depend on any of them.
 */
const SMALL: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "stream/limits.ts": {
    LIVE_BUFFER_BYTES_MAX: 12_288,
    REPLAY_LOW_WATER_BYTES: 4_096,
    REPLAY_CHUNK_REPORTS: 3,
    REPLAY_CHUNKS_PER_TURN: 2,
    SNAPSHOT_ORDERS_PER_STEP: 2,
  },
  "ws/limits.ts": { HAND_OVER_BYTES_MAX: 3_072 },
  "market/limits.ts": {
    MARKET_BUFFER_BYTES_MAX: 8_192,
    MARKET_CROWDED_BYTES_MAX: 1_024,
    MARKET_LOW_WATER_BYTES: 2_048,
  },
  "archive/archive-limits.ts": {
    PROJECT_STEP_EVENTS: 4,
    INSERT_STEP_ROWS: 3,
    RUN_REPORTS_MAX: 8,
    FOLLOW_GATHER_EVENTS: 20,
    LIST_STEP_ROWS: 4,
    LIST_STEP_ORDERS: 2,
    NAMED_ORDERS_MAX: 1,
    QUERY_GROWTH_ORDERS: 4,
  },
  "operator/limits.ts": { KILL_STEP_ORDERS: 3, KEYS_PER_STEP: 2 },
  "http/limits.ts": { PIPELINED_MAX: 3 },
  "limits/limits.ts": { TURN_REQUESTS_MIN: 3 },
  "sequencer/limits.ts": {
    COMMIT_ANSWERS_MIN: 2,
    COMMIT_LOOK_MS: 100,
    CANCELS_PER_STEP: 3,
    LOOKS_PER_CANCEL: 2,
    EXPIRIES_PER_STEP: 3,
  },
  "venue/limits.ts": { HELD_MAX: 5 },
};

/** Changes of sources' texts. */
export const SMALL_LIMITS = Object.entries(SMALL).flatMap(([path, limits]) => {
  return Object.entries(limits).map(([name, value]) => ({
    file: `packages/gateway/src/${path}`,
    find: `export const ${name} = `,
    replace: `export const ${name} = ${value} || `,
  }));
});
