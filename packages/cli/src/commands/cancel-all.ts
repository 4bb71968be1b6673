/** Cancelling everything, or what a filter picks, after a look at what that would be. */
import type { CancelAllFilter, CancelAllResult } from "@countermand/client";
import type { Command } from "commander";
import { given, wholeNumber } from "../arguments.ts";
import { ExitCode } from "../exit-codes.ts";
import { session, setExitCode } from "../session.ts";
import { confirm, print, printJson, type Terminal, tell } from "../terminal.ts";

interface CancelAllOptions {
  readonly market?: string;
  readonly symbol?: string;
  readonly side?: string;
  readonly type?: string;
  readonly portfolio?: string;
  readonly prefix?: string;
  readonly olderThan?: number;
  readonly preview?: boolean;
  readonly yes?: boolean;
}

/** Orders named one by one; the counts are of all. */
const SHOWN_MAX = 20;

export function addCancelAllCommand(program: Command, terminal: Terminal): void {
  program
    .command("cancel-all")
    .description(
      "cancel all open orders, or those that the options select; shows them and asks first",
    )
    .option("--market <market>", "placed with this market name")
    .option("--symbol <symbol>", "of this symbol")
    .option("--side <side>", "buy or sell")
    .option("--type <type>", "of this order type")
    .option("--portfolio <text>", "of this portfolio")
    .option("--prefix <text>", "whose reference begins so")
    .option("--older-than <seconds>", "created at least so long ago", wholeNumber)
    .option("--preview", "show what would be cancelled, and cancel nothing")
    .option("--yes", "do not ask")
    .action(async (options: CancelAllOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const filter = filterOf(options);
      if (options.preview === true || options.yes !== true) {
        const preview = await client.previewCancelAll(filter);
        // With nothing open nobody is asked, so that nothing may be cancelled either.
        if (options.preview === true || preview.matched === 0) {
          show(terminal, asJson, preview);
          return;
        }
        for (const line of linesOf(preview)) tell(terminal, line);
        const { matched } = preview;
        const question = `Cancel ${matched} open ${matched === 1 ? "order" : "orders"}?`;
        await confirm(terminal, question, false);
      }
      const result = await client.cancelAll(filter);
      show(terminal, asJson, result);
      if (result.outcome === "nothing_worked") setExitCode(command, ExitCode.Refused);
      if (result.outcome === "not_all") setExitCode(command, ExitCode.Partly);
    });
}

function filterOf(options: CancelAllOptions): CancelAllFilter {
  const { market, symbol, side, type, portfolio, prefix, olderThan } = options;
  // Words the gateway does not know are its to refuse, with the list of those it does.
  return given({
    market,
    symbol,
    order_side: side,
    order_type: type,
    portfolio_id: portfolio,
    reference_id_prefix: prefix,
    older_than: olderThan,
  }) as CancelAllFilter;
}

function show(terminal: Terminal, asJson: boolean, result: CancelAllResult): void {
  if (asJson) printJson(terminal, result);
  else if (result.matched === 0) print(terminal, ["nothing was open"]);
  else print(terminal, linesOf(result));
}

/** What became of the orders, or would; none where none is meant. */
function linesOf(result: CancelAllResult): string[] {
  if (result.matched === 0) return [];
  const { matched, done, already, too_late, failed, pending = 0, orders } = result;
  const isPreview = result.outcome === "preview";
  const shown = orders.slice(0, SHOWN_MAX).map((order) => {
    const { order_no, reference_id, outcome } = order;
    const become = order.pending === "cancel" ? "pending" : outcome.replaceAll("_", " ");
    const what = isPreview && outcome === "done" ? "open" : become;
    return `  ${order_no}  ${what}  ${reference_id}`.trimEnd();
  });
  const more = matched > shown.length ? [`  and ${matched - shown.length} more`] : [];
  const verb = isPreview ? "would be cancelled" : "cancelled";
  const rest = `${already} were already, ${too_late} too late, ${failed} work on`;
  if (isPreview || pending === 0) {
    return [...shown, ...more, `${done} of ${matched} ${verb}; ${rest}`];
  }
  // Of those done or already: what the venue has not answered is not cancelled yet.
  const sent = `cancels of ${done} of ${matched} sent; ${rest}`;
  return [
    ...shown,
    ...more,
    `${sent}; ${pending} not answered by the venue yet: they may still fill`,
  ];
}
