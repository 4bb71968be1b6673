/** Planted bugs of operators and safety nets. */
import type { PlantedBug } from "./planted-bug.ts";

const GATEWAY = "packages/gateway/src";
const CORE = "packages/core/src";

export const OPERATOR_BUGS: readonly PlantedBug[] = [
  {
    name: "block-lets-some-in",
    what: "an operator's block and a market's mode do not keep out orders that are good till cancelled",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/sequencer/order-decisions.ts`,
        find:
          '    const blocked = this.#controlRefusal(account, request, request.enteredBy ?? "");\n' +
          "    if (blocked !== null) return blocked;",
        replace:
          '    const blocked = this.#controlRefusal(account, request, request.enteredBy ?? "");\n' +
          "    if (blocked !== null && request.timeInForce !== '1') return blocked;",
      },
    ],
  },
  {
    name: "lost-client-loses-all",
    what: "cancel on disconnect takes orders along that are good till cancelled",
    seedsMax: 200,
    plants: [
      {
        file: `${GATEWAY}/safety/disconnect-guard.ts`,
        find: "order.timeInForce === TimeInForce.GoodTillCancel;",
        replace: "order.timeInForce === TimeInForce.ImmediateOrCancel;",
      },
    ],
  },
  {
    name: "switch-fires-early",
    what: "a dead-man's switch fires a second before its time",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/safety/dead-man-timers.ts`,
        find: "this.#wait(account, scope, timeoutMs, timeoutMs);",
        replace: "this.#wait(account, scope, timeoutMs, timeoutMs - 1000);",
      },
    ],
  },
  {
    name: "debit-takes-what-is-held",
    what: "an operator's debit takes cash that open orders hold back",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/desk/funds.ts`,
        find: "return shortageRefusal(asset, units, account.balance(asset).free);",
        replace: "return shortageRefusal(asset, units, account.balance(asset).settled);",
      },
    ],
  },
  {
    name: "halted-and-traded",
    what: "an instrument that is halted takes orders",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/control/control-state.ts`,
        find: "    if (this.#instruments.get(symbol)?.halted === true) {",
        replace: '    if (this.#instruments.get(symbol)?.halted === true && symbol === "") {',
      },
    ],
  },
  {
    name: "reload-unheard",
    what: "limits of accounts in the settings do not change while it runs",
    seedsMax: 300,
    plants: [{ file: `${GATEWAY}/reload.ts`, find: '  "accountLimits",', replace: '  "dataDir",' }],
  },
  {
    name: "closed-too-little",
    what: "closing an account that is to be emptied leaves its oldest order",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/operator/account-acts.ts`,
        find: "for (const order of [...book.openOldestFirst()]) {",
        replace: "for (const order of [...book.openOldestFirst()].slice(1)) {",
      },
    ],
  },
  {
    name: "kill-in-the-window",
    what: "others than clients cancel where the market takes no cancels",
    seedsMax: 300,
    plants: [
      {
        file: `${GATEWAY}/sequencer/partitions.ts`,
        find: "    if (refusal !== null) return refusal;\n    const plan",
        replace:
          '    if (refusal !== null && reason === "requested") return refusal;\n    const plan',
      },
    ],
  },
  {
    name: "retired-and-open",
    what: "the oldest order stays in an instrument that is retired",
    seedsMax: 100,
    plants: [
      {
        file: `${GATEWAY}/operator/instrument-acts.ts`,
        find: "    const orders = this.#working(symbol);",
        replace: "    const orders = this.#working(symbol).slice(1);",
      },
    ],
  },
  {
    name: "fired-not-shown",
    what: "a dead-man's switch that has fired, and blocks, is not among those of its account",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/safety/dead-man-service.ts`,
        find: "[...this.#book(account).deadMan.all()].map(",
        replace:
          "[...this.#book(account).deadMan.all()].filter((each) => each.firedAtMs === null).map(",
      },
    ],
  },
  {
    name: "block-not-shown",
    what: "a block of the whole gateway is not among what is told of restrictions",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/trade/restriction-service.ts`,
        find: "filter(({ scope }) => reaches(scope, caller));",
        replace: "filter(({ scope }) => scope.account !== null && reaches(scope, caller));",
      },
    ],
  },
  {
    name: "released-still-active",
    what: "a list of active blocks shows those that were released as well",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/operator/operator-service.ts`,
        find: 'const released = state === "active" ? [] :',
        replace: 'const released = state === "none" ? [] :',
      },
    ],
  },
];
