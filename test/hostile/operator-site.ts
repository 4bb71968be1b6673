/** The operators' listener as an enemy sees it. */
import { OPERATOR_TOKEN, OperatorClient } from "../e2e/operator-client.ts";
import { type Key, sign } from "../e2e/signed-client.ts";
import type { SlowClient } from "./slow-clients.ts";
import type { Target } from "./smuggling-run.ts";
import { type Carrier, head, type OtherSite, type Rows } from "./smuggling-set.ts";

const REASON = '{"reason":"why"}';
const BEARER: Rows = [
  ["Authorization", `Bearer ${OPERATOR_TOKEN}`],
  ["X-Operator", "kim"],
];

/** Inside each request is a kill of a name of its own: whoever reads it leaves a block. */
export function operatorSite(key: Key): OtherSite {
  const carrier = (
    requestLine: string,
    good: string,
    rows: Carrier["rows"],
    early?: string,
  ): Carrier => ({
    name: `operators: ${requestLine}`,
    requestLine: `${requestLine} HTTP/1.1`,
    good,
    rows,
    body: REASON,
    ...(early !== undefined && { early }),
  });
  const kill = "/operator/v1/kill";
  return {
    carriers: [
      carrier("POST /operator/v1/blocks/999/release", "404 end", () => BEARER),
      carrier("DELETE /operator/v1/limits/accounts/nobody", "404 end", () => BEARER),
      carrier(`POST ${kill}`, "403 end", (sent) =>
        Object.entries(sign(key, "POST", kill, sent).headers),
      ),
      carrier(`POST ${kill}`, "401 end", () => [], "401"),
    ],
    acting: (reference) => {
      const scope = { account: key.account, portfolio_id: reference };
      const body = JSON.stringify({ reason: reference, scope, cancel_orders: false });
      const rows: Rows = [...BEARER, ["Content-Length", String(body.length)]];
      return `${head(`POST ${kill} HTTP/1.1`, rows)}${body}`;
    },
    unknown: "401",
  };
}

/** The listener of operators. */
export function operatorTarget(url: string): Target {
  return { port: Number(new URL(url).port), acts: () => operatorActs(url) };
}

async function operatorActs(url: string): Promise<ReadonlyMap<string, number>> {
  const { data } = await new OperatorClient(url).get("blocks?state=all");
  const counts = new Map<string, number>();
  for (const { scope } of data.blocks as { scope: { portfolio_id: string } }[]) {
    counts.set(scope.portfolio_id, (counts.get(scope.portfolio_id) ?? 0) + 1);
  }
  return counts;
}

/** Those whose request the operators' listener waits for. */
export function slowOperatorClients(): SlowClient[] {
  const begun = head("POST /operator/v1/kill HTTP/1.1", [...BEARER, ["Content-Length", "10000"]]);
  const chunked = head("POST /operator/v1/kill HTTP/1.1", [
    ...BEARER,
    ["Transfer-Encoding", "chunked"],
  ]);
  return [
    { name: "operators: nothing at all", start: "", drip: "", statuses: [408] },
    {
      name: "operators: headers without end",
      start: begun.slice(0, -2),
      drip: "X: x\r\n",
      statuses: [408],
    },
    { name: "operators: a body", start: begun, drip: " ", statuses: [408] },
    { name: "operators: a body that stops", start: `${begun}{`, drip: "", statuses: [408] },
    { name: "operators: chunks", start: chunked, drip: "1\r\n \r\n", statuses: [408] },
    {
      name: "operators: a body without the token",
      start: head("POST /operator/v1/kill HTTP/1.1", [["Content-Length", "10000"]]),
      drip: " ",
      statuses: [401],
    },
  ];
}
