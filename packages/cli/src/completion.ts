/** Completion scripts for shells, made from the commands themselves. */
import { type Command, InvalidArgumentError } from "commander";
import { print, type Terminal } from "./terminal.ts";

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SHELLS;

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command("completion")
    .description("print the completion script of a shell")
    .argument("<shell>", Object.keys(SHELLS).join(", "), (text: string): Shell => {
      if (Object.hasOwn(SHELLS, text)) return text as Shell;
      throw new InvalidArgumentError(`Write ${Object.keys(SHELLS).join(", ")}.`);
    })
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
  const options = command.options.map(({ long }) => long).filter((long) => long !== undefined);
  const next = [...command.commands.map((each) => each.name()), ...options];
  const own = { path: path.join(" "), summary: command.description(), next };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, [...path, each.name()]))];
}

function bashScript(program: Command): string[] {
  const cases = wordsOf(program).map(({ path, next }) => {
    return `    "${path}") next="${next.join(" ")}" ;;`;
  });
  return [
    "_countermand() {",
    '  local next="" path="" word',
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    `    case $word in -*) ;; *) path="\${path:+$path }$word" ;; esac`,
    "  done",
    "  while :; do",
    '    case "$path" in',
    ...cases,
    "    esac",
    '    [ -n "$next" ] && break',
    `    case "$path" in *" "*) path="\${path% *}" ;; *) break ;; esac`,
    "  done",
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
