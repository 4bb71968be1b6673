/** The options of the bench; what it does is loaded when it is asked for. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { count, decimal } from "../arguments.ts";
import type { BenchOptions } from "../bench/bench.ts";
import type { Terminal } from "../terminal.ts";

const CONNECTIONS_MAX = 1_000;
const RATE_MAX = 100_000;
const SECONDS_MAX = 86_400;

export function addBenchCommand(program: Command, terminal: Terminal): void {
  program
    .command("bench")
    .description("measure a running gateway: place and cancel orders, and leave none open")
    .addOption(
      new Option("--rate <n>", "requests a second; without it as many as answers allow").argParser(
        upTo(RATE_MAX),
      ),
    )
    .addOption(
      new Option("--connections <n>", "with one request under way on each")
        .argParser(upTo(CONNECTIONS_MAX))
        .default(8),
    )
    .addOption(new Option("--seconds <n>", "how long").argParser(upTo(SECONDS_MAX)).default(10))
    .option("--requests <n>", "end after so many requests", count)
    .addOption(
      new Option("--over <how>", "requests or commands on a socket")
        .choices(["http", "socket"])
        .default("http"),
    )
    .option("--batch", "place and cancel five orders in a request")
    .addOption(new Option("--symbol <symbol>", "what is bought").default("00700"))
    .option("--market <market>", "the market's name; the first of the symbol unless given")
    .option("--price <price>", "a tenth below the market unless given", decimal)
    .option("--qty <qty>", "one board lot unless given", decimal)
    .option("--portfolio <text>", "of a key that has portfolios")
    .option("--yes", "do not ask, not even where real orders are traded")
    .addHelpText("after", AFTER)
    .action(async (options: BenchOptions, command: Command) => {
      const { bench } = await import("../bench/bench.ts");
      await bench(command, terminal, options);
    });
}

const AFTER = `
Orders are placed with the profile's key and cancelled in turn. With --rate a latency counts from
the moment at which the request was to be sent, so that a gateway that stops is late for all that
was due meanwhile; without it, from the sending, as fast as the answers allow. Ctrl-C ends it: what
is open is cancelled, and what was measured is shown. Each order's name begins with a word of its
own, by which countermand cancel-all finds what is left when all else fails.

Exit codes: 0 measured and nothing refused; 5 something was refused or not answered; 1 the first
order was refused, so nothing was measured; 3 orders may be open.

Examples:
  countermand bench --rate 500 --seconds 30
  countermand bench --over socket --connections 32 --batch --json`;

function upTo(max: number): (text: string) => number {
  return (text) => {
    const number = count(text);
    if (number <= max) return number;
    throw new InvalidArgumentError(`Write a whole number from 1 to ${max}.`);
  };
}
