/** What is said of a command line that cannot be understood: what is wrong, and where to look. */
import type { Command } from "commander";

/** Global options whose value is an argument of its own. */
const TAKE_VALUE: ReadonlySet<string> = new Set(["--profile", "--url"]);

/** The parser's words as everything else here is said. */
export function usageErrorText(text: string): string {
  return text
    .replace(/^error: /, "countermand: ")
    .replace(
      /command-argument value '(.*)' is invalid for argument '(.*?)'\./,
      "'$1' cannot be the $2.",
    )
    .replace(/(option '[^']*') argument '(.*)' is invalid\./, "$1 cannot be '$2'.");
}

/** Behind each of its errors a command names its own help. */
export function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`See: ${path} --help`);
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`);
}

/**
 * What is wrong with a word behind a group of commands, such as `keys`; null where nothing is. A
 * group that lists when nothing is asked of it would take the word for an argument of its list.
 */
export function unknownSubcommand(program: Command, args: readonly string[]): string | null {
  const at = firstWord(args);
  const group = program.commands.find((command) => command.name() === args[at]);
  const word = args[at + 1];
  if (group === undefined || group.commands.length === 0) return null;
  if (word === undefined || word.startsWith("-") || word === "help") return null;
  const names = group.commands.map((command) => command.name());
  if (names.includes(word)) return null;
  const path = `countermand ${group.name()}`;
  return `${group.name()} has no ${word}, but ${names.join(", ")}\nSee: ${path} --help`;
}

function firstWord(args: readonly string[]): number {
  let at = 0;
  for (;;) {
    const arg = args[at];
    if (arg === undefined || !arg.startsWith("-")) return at;
    at += TAKE_VALUE.has(arg) ? 2 : 1;
  }
}
