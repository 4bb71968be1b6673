/** The keys of the page. Each does what a button does; none works while a field has the focus. */

export interface KeyRow {
  readonly keys: string;
  readonly does: string;
}

export const KEYS: readonly KeyRow[] = [
  { keys: "/", does: "filter the orders" },
  { keys: "o", does: "go to the orders" },
  { keys: "↑ ↓ PgUp PgDn Home End", does: "move in the orders" },
  { keys: "Space", does: "select the order" },
  { keys: "a", does: "select all orders shown, or none" },
  { keys: "Enter", does: "the order's story" },
  { keys: "c", does: "cancel the order" },
  { keys: "x", does: "cancel the selected orders" },
  { keys: "Shift X", does: "cancel all open orders shown, after a question" },
  { keys: "b, s", does: "ticket: buy, sell" },
  { keys: "e", does: "executions and transactions" },
  { keys: "[ ]", does: "previous or next symbol" },
  { keys: "t", does: "light or dark" },
  { keys: "?", does: "this list" },
  { keys: "Esc", does: "close, or leave the field" },
];

/** Control C copies: with one of these a letter is none of the page's keys. */
export function isForBrowser({ altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

/** Calls the action of a key, unless it is typed into a field or meant for the browser. */
export function onKeys(actions: Readonly<Record<string, () => void>>): () => void {
  const listen = (event: KeyboardEvent): void => {
    const { target } = event;
    if (isForBrowser(event)) return;
    // Also where nothing of it has the focus: what lies behind it must not act unseen.
    if (document.querySelector("dialog[open]") !== null) return;
    if (target instanceof HTMLElement && target.matches("input, select, textarea")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  addEventListener("keydown", listen);
  return () => removeEventListener("keydown", listen);
}
