/** What operators hold back, as a trader reads it. */
import type { Restrictions } from "@countermand/client";

const MODES: Readonly<Record<string, string>> = {
  cancel_only: "takes cancels only",
  halted: "is halted: nothing trades",
};

/** One sentence each; none where nothing is held back. Cancels work under all of them. */
export function restrictionTexts(
  { blocks, halted_symbols, markets }: Restrictions,
  timeText: (unixSeconds: number) => string,
): readonly string[] {
  return [
    ...blocks.map(({ block_id, blocked_at, market, portfolio_id }) => {
      const what = portfolio_id === "" ? "New orders" : `New orders of portfolio ${portfolio_id}`;
      const where = market === "" ? "" : ` in ${market}`;
      return `${what}${where} are blocked since ${timeText(blocked_at)} (block ${block_id})`;
    }),
    ...markets
      .filter(({ mode }) => mode !== "open")
      .map(({ market, mode }) => `${market} ${MODES[mode] ?? `is in the mode ${mode}`}`),
    ...(halted_symbols.length === 0
      ? []
      : [`${halted_symbols.join(", ")} ${halted_symbols.length === 1 ? "is" : "are"} halted`]),
  ];
}
