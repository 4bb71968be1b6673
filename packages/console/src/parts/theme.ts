/** Light or dark: the system's wish, unless this browser was told otherwise. */
import { signal } from "@preact/signals";

type Theme = "light" | "dark";

const KEPT = "countermand-theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");

export const theme = signal<Theme>(kept() ?? system());

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = theme.value;
  systemDark.addEventListener("change", () => {
    if (kept() === null) show(system());
  });
}

export function toggleTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEPT, next);
  show(next);
}

function show(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset["theme"] = next;
}

function system(): Theme {
  return systemDark.matches ? "dark" : "light";
}

function kept(): Theme | null {
  const text = localStorage.getItem(KEPT);
  return text === "light" || text === "dark" ? text : null;
}
