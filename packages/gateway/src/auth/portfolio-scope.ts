/** What of its account a key sees: to it an order of another portfolio does not exist. */
import type { Order } from "@countermand/core/model";
import type { Caller } from "./key-store.ts";

export function sees(
  { portfolioIds }: Pick<Caller, "portfolioIds">,
  { portfolioId }: Pick<Order, "portfolioId">,
): boolean {
  return portfolioIds === undefined || portfolioIds.has(portfolioId);
}

/** The order, or null where the caller may not know of it. */
export function seen(caller: Pick<Caller, "portfolioIds">, order: Order | null): Order | null {
  return order !== null && sees(caller, order) ? order : null;
}
