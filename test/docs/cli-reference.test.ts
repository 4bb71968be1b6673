// The page about the command line against the commands.
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { createProgram } from "@countermand/cli";
import { ExitCode } from "../../packages/cli/src/exit-codes.ts";
import { runCommand } from "../e2e/command-line.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { page, section, tableRows, unticked } from "./pages.ts";

const PAGE = page("docs/reference/cli.md");
const PROGRAM = createProgram({
  input: Readable.from([]),
  output: new PassThrough(),
  errors: new PassThrough(),
  environment: {},
  stopped: new AbortController().signal,
});

test("cli reference: the commands and what they do are the code's", () => {
  const listed = tableRows(section(PAGE, "## Commands")).map(([name = "", does = ""]) => {
    return [unticked(name), does];
  });
  const expected = PROGRAM.commands.map((command) => [command.name(), command.description()]);
  assert.deepEqual(listed, expected);
});

test("cli reference: page and help say which positions watch begins at", () => {
  const watch = PROGRAM.commands.find((command) => command.name() === "watch");
  for (const text of [watch?.helpInformation() ?? "", section(PAGE, "## Watching")]) {
    assert.match(text, /N@HISTORY/);
  }
});

test("cli reference: the exit codes are the code's", () => {
  const listed = tableRows(section(PAGE, "## Exit codes")).map(([code]) => Number(code));
  assert.deepEqual(listed, Object.values(ExitCode));
});

test("cli reference: the commands of the package's README do what they say", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const lines = page("packages/cli/README.md").split("\n");
  const commands = lines.filter((line) => line.startsWith("npx countermand "));
  const tried = commands.filter((line) => !/ serve$| profiles | --profile /.test(line));
  assert.ok(tried.length >= 4);
  for (const command of tried) {
    const { code, output, errors } = await runCommand(command.split(" ").slice(2), {
      environment: { COUNTERMAND_URL: url, COUNTERMAND_PROFILES: join(tmpdir(), "no-such-file") },
    });
    assert.equal(code, 0, `${command}: ${errors}`);
    assert.notEqual(output, "", command);
  }
});
