/** Planted bugs of what a sandbox has for tests, and of what anybody may ask. */
import type { PlantedBug } from "./planted-bug.ts";

const GATEWAY = "packages/gateway/src";

export const SANDBOX_BUGS: readonly PlantedBug[] = [
  {
    name: "cleared-and-armed",
    what: "faults that were taken back happen all the same",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/venue/fault-board.ts`,
        find: "    if (faults !== undefined) faults.armed = [];\n",
        replace: "",
      },
    ],
  },
  {
    name: "spent-not-listed",
    what: "a fault that has happened as often as was asked is not listed any more",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/venue/fault-board.ts`,
        find: "return (this.#keys.get(apiKey)?.armed ?? []).map(viewOf);",
        replace:
          "return (this.#keys.get(apiKey)?.armed ?? []).filter((e) => !isSpent(e)).map(viewOf);",
      },
    ],
  },
  {
    name: "clock-runs-ahead",
    what: "what the time is, for who signs by it, is a second ahead",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/http/unsigned-routes.ts`,
        find: "encodeTime(options.wallMs())",
        replace: "encodeTime(options.wallMs() + 1_000)",
      },
    ],
  },
  {
    name: "signing-key-not-shown",
    what: "of the keys of receipts only those are shown that signed before",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/receipts/receipt-keys.ts`,
        find: "JSON.stringify({ keys: jwks });",
        replace: "JSON.stringify({ keys: jwks.slice(1) });",
      },
    ],
  },
];
