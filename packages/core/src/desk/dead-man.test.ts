// Goal: an order is refused exactly while a switch that has fired has it in its scope, whatever was
// armed, fired, released and restored before.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import type { DeadManScope } from "../model/dead-man.ts";
import type { ClOrdId, KeyId, UnixMs } from "../model/ids.ts";
import { DeadManSwitches, deadManLines, deadManOfLine, isInScope } from "./dead-man.ts";

/** Prefixes of one length and of several, one the beginning of another. */
const SCOPES: readonly DeadManScope[] = [
  { kind: "Key", value: "k" },
  { kind: "Portfolio", value: "p" },
  { kind: "Symbol", value: "00700" },
  { kind: "ClOrdIdPrefix", value: "a" },
  { kind: "ClOrdIdPrefix", value: "ab" },
  { kind: "ClOrdIdPrefix", value: "bb" },
  { kind: "ClOrdIdPrefix", value: "k" },
];

const ORDERS = ["", "a", "abc", "b", "bb", "k"].flatMap((clOrdId) =>
  [
    { enteredBy: "k", portfolioId: "", symbol: "AAPL" },
    { enteredBy: "l", portfolioId: "p", symbol: "AAPL" },
    { enteredBy: "l", portfolioId: "", symbol: "00700" },
    { enteredBy: "l", portfolioId: "q", symbol: "AAPL" },
  ].map((rest) => ({ ...rest, enteredBy: rest.enteredBy as KeyId, clOrdId: clOrdId as ClOrdId })),
);

type Step = readonly [act: "arm" | "release" | "fire" | "restore", scope: number];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(
    fc.constantFrom("arm", "arm", "fire", "fire", "release", "restore"),
    fc.nat(SCOPES.length - 1),
  ),
  { maxLength: 40 },
);

function restored(switches: DeadManSwitches): DeadManSwitches {
  const again = new DeadManSwitches();
  for (const line of deadManLines("A", switches)) again.restore(deadManOfLine(JSON.parse(line)));
  assert.deepEqual([...deadManLines("A", again)], [...deadManLines("A", switches)]);
  return again;
}

test("dead man's switches: hold back what is in the scope of one that fired, and nothing else", () => {
  fc.assert(
    fc.property(steps, (script) => {
      let switches = new DeadManSwitches();
      const armed = new Set<number>();
      const fired = new Set<number>();
      for (const [index, [act, which]] of script.entries()) {
        const scope = at(SCOPES, which);
        const atMs = index as UnixMs;
        if (act === "restore") switches = restored(switches);
        if (act === "arm" || act === "release") {
          switches.set(scope, act === "arm" ? 5_000 : 0, atMs);
          fired.delete(which);
          if (act === "arm") armed.add(which);
          else armed.delete(which);
        }
        if (act === "fire" && armed.delete(which)) {
          switches.fire(scope, atMs);
          fired.add(which);
        }
        assert.equal(switches.size, armed.size + fired.size);
        for (const order of ORDERS) {
          const isHeld = [...fired].some((each) => isInScope(order, at(SCOPES, each)));
          assert.equal(switches.refusal(order)?.refused, isHeld ? "DEAD_MAN_BLOCKED" : undefined);
        }
      }
    }),
    { numRuns: 200 },
  );
});
