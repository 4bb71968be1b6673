/** Sends smuggling cases to a gateway, and says which of them went wrong and how. */
import { type Key, SignedClient } from "../e2e/signed-client.ts";
import { type Conversation, converse, plainDial } from "./http-conversation.ts";
import { LAST_REQUEST, type SmugglingCase } from "./smuggling-set.ts";

export interface Target {
  readonly port: number;
  /** How often each name was acted under. */
  readonly acts: () => Promise<ReadonlyMap<string, number>>;
}

/** The listener of traders. */
export function traderTarget(url: string, key: Key): Target {
  return { port: Number(new URL(url).port), acts: () => placedOrders(url, key) };
}

/** What went wrong, one line each; none when all went as it should. */
export async function runSmuggling(
  target: Target,
  cases: readonly SmugglingCase[],
  pieces: (bytes: Buffer) => readonly Buffer[],
): Promise<string[]> {
  const faults: string[] = [];
  const seen = new Map<string, string>();
  for (const each of cases) {
    const bytes = Buffer.concat([each.bytes, LAST_REQUEST]);
    const said = await converse(plainDial(target.port), pieces(bytes)).catch(
      (error: Error) => error,
    );
    if (said instanceof Error) {
      faults.push(`${each.name}: ${said.message}`);
      continue;
    }
    const outcome = outcomeOf(said);
    const expected = each.outcomes.find((one) => one.replace("placed", "200") === outcome);
    if (expected === undefined) {
      faults.push(`${each.name}: ${outcome}, expected ${each.outcomes.join(" or ")}`);
    }
    seen.set(each.reference, expected ?? "");
  }
  return [...faults, ...(await wrongActs(target, cases, seen))];
}

function outcomeOf({ answers, rest }: Conversation): string {
  const statuses = answers.map(({ status, headers }) => {
    return headers.get("x-request-id") === "the-end" ? "end" : String(status);
  });
  if (rest.length > 0) statuses.push(`and ${JSON.stringify(rest.toString("latin1"))}`);
  return statuses.join(" ");
}

/** What was acted on and should not have been, or the other way round. */
async function wrongActs(
  { acts }: Target,
  cases: readonly SmugglingCase[],
  seen: ReadonlyMap<string, string>,
): Promise<string[]> {
  const counts = await acts();
  return cases.flatMap(({ name, reference }) => {
    const expected = seen.get(reference)?.includes("placed") === true ? 1 : 0;
    const count = counts.get(reference) ?? 0;
    return count === expected ? [] : [`${name}: the request inside was acted on ${count} times`];
  });
}

async function placedOrders(url: string, key: Key): Promise<ReadonlyMap<string, number>> {
  const client = new SignedClient(url, key);
  const orders = await client.orders();
  client.close();
  // Pages move while others place orders: the same one may be listed twice.
  const references = new Map(orders.map(({ order_no, reference_id }) => [order_no, reference_id]));
  const counts = new Map<string, number>();
  for (const reference of references.values()) {
    counts.set(reference, (counts.get(reference) ?? 0) + 1);
  }
  return counts;
}
