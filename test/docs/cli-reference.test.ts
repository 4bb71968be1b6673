// The page about the command line against the commands.
import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { createProgram } from "@countermand/cli";
import { ExitCode } from "../../packages/cli/src/exit-codes.ts";
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

test("cli reference: the exit codes are the code's", () => {
  const listed = tableRows(section(PAGE, "## Exit codes")).map(([code]) => Number(code));
  assert.deepEqual(listed, Object.values(ExitCode));
});
