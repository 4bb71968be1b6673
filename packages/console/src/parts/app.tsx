import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as desk from "../desk.ts";
import * as operatorDesk from "../operator/operator-desk.ts";
import { signInProblem } from "../sign-in/problem.ts";
import { asked } from "../sign-in/sign-in.ts";
import { Account } from "./account.tsx";
import { Banner } from "./banner.tsx";
import { Blotter } from "./blotter.tsx";
import { Book } from "./book.tsx";
import { CancelAll } from "./cancel-all.tsx";
import { CandleChart } from "./candle-chart.tsx";
import { focusOn } from "./focus.ts";
import { HelpDialog } from "./help-dialog.tsx";
import { KEYS, onKeys } from "./keys.ts";
import { useDialog } from "./modal.tsx";
import { OperatorApp } from "./operator/operator-app.tsx";
import { OrderStory } from "./order-story.tsx";
import { Results } from "./results.tsx";
import { SignInQuestion } from "./sign-in-question.tsx";
import { SignedOut } from "./signed-out.tsx";
import { Statement } from "./statement.tsx";
import { toggleTheme } from "./theme.ts";
import { focusTicket, Ticket } from "./ticket.tsx";
import { TopBar } from "./top-bar.tsx";

const SECTIONS = ["Orders", "Market", "Trade", "Account"] as const;
type Section = (typeof SECTIONS)[number];

export function App() {
  if (asked.value !== null) return <SignInQuestion {...asked.value} />;
  if (operatorDesk.session.value !== null) return <OperatorApp />;
  if (operatorDesk.phase.value === "signed-out") return <SignedOut />;
  const { value: session } = desk.session;
  if (session === undefined) return <Starting />;
  return session === null ? <SignedOut /> : <Desk />;
}

const FILTER_NOTE =
  "The list of orders can be filtered by number, symbol, name, side, status and your own " +
  "reference; several words must all occur.";

function Starting() {
  return (
    <main class="alone" aria-busy="true">
      <p>{signInProblem.value || "Signing in…"}</p>
    </main>
  );
}

function Desk() {
  /** On a phone one section is shown at a time. */
  const section = useSignal<Section>("Orders");
  const { open: openHelp, ...help } = useDialog();
  const { open: openCancelAll, ...cancelAll } = useDialog();
  const { open: openStatement, ...statement } = useDialog();
  useEffect(() => {
    const ticket = (side: "buy" | "sell") => () => {
      section.value = "Trade";
      focusTicket(side);
    };
    return onKeys({
      "/": () => {
        section.value = "Orders";
        focusOn("filter");
      },
      o: () => {
        section.value = "Orders";
        focusOn("blotter");
      },
      b: ticket("buy"),
      s: ticket("sell"),
      "[": () => step(-1),
      "]": () => step(1),
      t: toggleTheme,
      X: openCancelAll,
      x: cancelSelected,
      e: openStatement,
      "?": openHelp,
    });
  }, []);
  return (
    <>
      <TopBar onHelp={openHelp} />
      <Banner />
      <main class="desk" data-section={section.value}>
        <Book />
        <CandleChart />
        <Blotter onCancelAll={openCancelAll} onCancelSelected={cancelSelected} />
        <Results
          log={desk.log}
          hint="What comes of your actions is shown here, order by order."
          onShowOrder={desk.showOrder}
        />
        <Ticket />
        <Account onStatement={openStatement} />
      </main>
      <nav class="sections" aria-label="Sections">
        {SECTIONS.map((name) => (
          <button
            key={name}
            type="button"
            aria-current={section.value === name ? "page" : undefined}
            onClick={() => {
              section.value = name;
            }}
          >
            {name}
          </button>
        ))}
      </nav>
      <p class="unseen" role="status" aria-live="polite">
        {desk.log.announcement.value}
      </p>
      <OrderStory />
      <CancelAll {...cancelAll} />
      <Statement {...statement} />
      <HelpDialog keys={KEYS} note={FILTER_NOTE} {...help} />
    </>
  );
}

function cancelSelected(): void {
  const chosen = [...desk.selection.value];
  if (chosen.length === 0) {
    desk.log.tell("No order is selected", "plain");
    return;
  }
  void desk.cancelMany(chosen);
  desk.select([]);
}

function step(direction: 1 | -1): void {
  const names = desk.symbols.value.map(({ symbol }) => symbol);
  const at = names.indexOf(desk.symbol.value);
  const next = names[(at + direction + names.length) % names.length];
  if (next !== undefined) desk.follow(next);
}
