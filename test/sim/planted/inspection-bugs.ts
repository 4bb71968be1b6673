/** Planted bugs of what operators are shown when they look about. */
import type { PlantedBug } from "./planted-bug.ts";

const GATEWAY = "packages/gateway/src";
const CORE = "packages/core/src";

export const INSPECTION_BUGS: readonly PlantedBug[] = [
  {
    name: "due-the-wrong-way",
    what: "an operator is shown what an account is to get as what it is to pay",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/operator/account-acts.ts`,
        find: "return { name, settled, incoming, outgoing, reserved, total };",
        replace:
          "return { name, settled, incoming: outgoing, outgoing: incoming, reserved, total };",
      },
    ],
  },
  {
    name: "accounts-page-overlaps",
    what: "a later page of accounts begins with the last one of the page before",
    seedsMax: 40,
    plants: [
      {
        file: `${GATEWAY}/operator/operator-service.ts`,
        find: "    const from = (pageIndex - 1) * pageSize;",
        replace: "    const from = Math.max(0, (pageIndex - 1) * pageSize - 1);",
      },
    ],
  },
  {
    name: "settings-pass-for-own",
    what: "limits of the settings are shown as an operator's, where some are",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/operator/limit-service.ts`,
        find: "const isOperators = override !== null && Object.hasOwn(override.limits, field);",
        replace: "const isOperators = override !== null;",
      },
    ],
  },
  {
    name: "overlap-shown-for-ever",
    what: "a key that was rotated is shown with the end of its former secret when that is over",
    seedsMax: 300,
    plants: [
      {
        file: `${GATEWAY}/operator/key-service.ts`,
        find: "previous !== null && previous.untilMs > wallMs ? previous.untilMs : null",
        replace: "previous !== null ? previous.untilMs : null",
      },
    ],
  },
  {
    name: "halted-without-orders",
    what: "an instrument that is halted is listed without open orders",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/operator/instrument-acts.ts`,
        find: "return { instrument, state, openCount };",
        replace: "return { instrument, state, openCount: isHalted ? 0 : openCount };",
      },
    ],
  },
  {
    name: "removed-still-listed",
    what: "an account or a key whose own limits were taken away is listed among those with some",
    seedsMax: 60,
    plants: [
      {
        file: `${CORE}/control/limit-overrides.ts`,
        find: "if (Object.keys(limits).length === 0) this.#rows.delete(keyOf(scope, name));",
        replace: 'if (name === "") this.#rows.delete(keyOf(scope, name));',
      },
    ],
  },
  {
    name: "seen-before-and-set",
    what: "limits are taken away whichever version of them was seen",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/operator/limit-service.ts`,
        find: "if (isTagged && (seen === null || seen === version)) return null;",
        replace: "if (isTagged) return null;",
      },
    ],
  },
  {
    name: "story-of-all",
    what: "the story of an order by its client's name for it is that of all its account's open ones",
    seedsMax: 60,
    plants: [
      {
        file: `${GATEWAY}/audit/order-audit.ts`,
        find: "const filter = { clOrdId: sought.clOrdId as ClOrdId };",
        replace: "const filter = {};",
      },
    ],
  },
];
