/** Completion scripts for shells, made from the commands themselves. */
import { Argument, type Command } from "commander";
import { print, type Terminal } from "./terminal.ts";

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SHELLS;

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command("completion")
    .description("print the completion script of a shell")
    .addArgument(new Argument("<shell>", "which").choices(Object.keys(SHELLS)))
    .addHelpText("after", '\nExample:\n  eval "$(countermand completion bash)"')
    .action((shell: Shell) => print(terminal, SHELLS[shell](program)));
}

/** A command with the words that may follow it. */
interface Words {
  readonly path: string;
  readonly summary: string;
  readonly next: readonly string[];
}

function wordsOf(command: Command, path: readonly string[] = []): Words[] {
  // Options of the program are taken behind every command, too.
  const everywhere = path.length === 0 ? [] : rootOf(command).options;
  const taken = [...command.options, ...everywhere];
  const options = taken.map(({ long }) => long).filter((long) => long !== undefined);
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const next = [...command.commands.map((each) => each.name()), ...choices, ...options];
  const own = { path: path.join(" "), summary: command.description(), next };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, [...path, each.name()]))];
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function bashScript(program: Command): string[] {
  const words = wordsOf(program);
  const paths = words.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  const cases = words.map(({ path, next }) => `    "${path}") next="${next.join(" ")}" ;;`);
  return [
    "_countermand() {",
    '  local next="" path="" word',
    // Values of options and arguments are no command's name: they are passed over.
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    `    word="\${path:+$path }$word"`,
    `    case "$word" in ${paths.join("|")}) path=$word ;; esac`,
    "  done",
    '  case "$path" in',
    ...cases,
    "  esac",
    `  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))`,
    "}",
    "complete -F _countermand countermand",
  ];
}

function zshScript(program: Command): string[] {
  return ["autoload -U +X bashcompinit && bashcompinit", ...bashScript(program)];
}

function fishScript(program: Command): string[] {
  return wordsOf(program).flatMap(({ path, next }) => {
    // Every word of the path must have been typed: two commands may share the last one.
    const seen = path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
    const when = path === "" ? "__fish_use_subcommand" : seen.join("; and ");
    return next.map((word) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c countermand -f -n "${when}" ${what}`;
    });
  });
}
