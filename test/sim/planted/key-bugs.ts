/** Planted bugs of keys: what they may do, how long they live and how much they may ask. */
import type { PlantedBug } from "./planted-bug.ts";

const GATEWAY = "packages/gateway/src";
const CORE = "packages/core/src";

export const KEY_BUGS: readonly PlantedBug[] = [
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
        file: `${GATEWAY}/ws/key-watch.ts`,
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
];
