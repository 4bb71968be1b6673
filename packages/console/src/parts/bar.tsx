import type { ComponentChildren } from "preact";
import { theme, toggleTheme } from "./theme.ts";

export interface BarProps {
  /** Who is signed in, and how the connection stands. */
  readonly children: ComponentChildren;
  readonly onHelp: () => void;
  readonly onLeave: () => void;
}

/** What stands above both pages. */
export function Bar({ children, onHelp, onLeave }: BarProps) {
  const isDark = theme.value === "dark";
  return (
    <header class="top">
      <h1>Countermand</h1>
      {children}
      <span class="grow" />
      <button
        type="button"
        class="quiet"
        onClick={toggleTheme}
        aria-label={isDark ? "Light colours" : "Dark colours"}
      >
        {isDark ? "☀" : "☾"}
      </button>
      <button type="button" class="quiet" onClick={onHelp} aria-label="Keys">
        ?
      </button>
      <button type="button" class="quiet" onClick={onLeave}>
        Sign out
      </button>
    </header>
  );
}
