import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../sys/temporary-folder-fixture.ts";
import { replayCommand } from "./replay-command.ts";

const COMMAND = fileURLToPath(new URL("./replay-main.ts", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../../../../test/golden/lobster/", import.meta.url));
const MESSAGES = join(GOLDEN, "sample_message.csv");
const ORDER_BOOK = join(GOLDEN, "sample_orderbook.csv");
const WRONG_ORDER_BOOK = join(GOLDEN, "sample_orderbook_wrong.csv");

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Run {
  const written = { stdout: "", stderr: "" };
  const exitCode = replayCommand(args, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  });
  return { exitCode, ...written };
}

/** The same in a process, as `npm run replay` starts it. */
function runProcess(...args: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: "utf8",
  });
  return { exitCode: status, stdout, stderr };
}

/** Writes the two files of a case into a folder that goes with the test. */
function filesOf(context: TestContext, messages: string, orderBook: string): [string, string] {
  const folder = temporaryFolder(context);
  const paths: [string, string] = [join(folder, "message.csv"), join(folder, "orderbook.csv")];
  writeFileSync(paths[0], messages);
  writeFileSync(paths[1], orderBook);
  return paths;
}

test("sample: every row is equal", () => {
  const { exitCode, stdout, stderr } = runProcess(MESSAGES, ORDER_BOOK, "--symbol", "SAMPLE");
  assert.deepEqual([exitCode, stderr], [0, ""]);
  const report = stdout.replace(/^(messages per second +)[0-9,]+$/m, (_, name: string) =>
    name.trimEnd(),
  );
  assert.equal(report, readFileSync(join(GOLDEN, "sample_report.txt"), "utf8"));
});

test("wrong sample: the planted difference is named with its row, message and levels", () => {
  const { exitCode, stdout, stderr } = runProcess(MESSAGES, WRONG_ORDER_BOOK, "--symbol", "SAMPLE");
  assert.deepEqual([exitCode, stderr], [1, ""]);
  assert.match(stdout, /^SAMPLE: row 113 differs\n/);
  assert.match(stdout, /^rows equal +198$/m);
  const difference = stdout.slice(stdout.indexOf("first differing row"));
  assert.equal(difference, readFileSync(join(GOLDEN, "sample_difference.txt"), "utf8"));
});

test("wrong sample: levels better than the planted difference are equal", () => {
  const { exitCode, stdout } = run(MESSAGES, WRONG_ORDER_BOOK, "--levels", "2");
  assert.equal(exitCode, 0);
  assert.match(stdout, /^LOBSTER: every row is equal\n/);
  assert.match(stdout, /^levels compared per side +2$/m);
});

test("lines: CR LF and a last line without an end are fine", (context) => {
  const messages = readFileSync(MESSAGES, "utf8").replaceAll("\n", "\r\n");
  const orderBook = readFileSync(ORDER_BOOK, "utf8").trimEnd();
  assert.equal(run(...filesOf(context, messages, orderBook)).exitCode, 0);
});

test("bad files: the file, the line and the fault are named", (context) => {
  const message = "34200.5,1,11,100,990000,1\n";
  const row = "9999999999,0,990000,100\n";
  const cases: readonly [messages: string, orderBook: string, problem: RegExp][] = [
    ["", "", /message\.csv: line 1: the file is empty/],
    [message, "", /orderbook\.csv: line 1: the file is empty/],
    ["\n", row, /message\.csv: line 1: has 1 columns instead of 6/],
    [`${message}${message}`, row, /orderbook\.csv: line 2: the row of .* message is missing/],
    [message, `${row}${row}`, /message\.csv: line 2: the message of .* row is missing/],
    [`${message}34201,9,1,1,1,1\n`, `${row}${row}`, /message\.csv: line 2: type "9" is not/],
    [`${message}${message}`, `${row}1,2,3\n`, /orderbook\.csv: line 2: has 3 columns/],
    [
      `${message}${message}`,
      `${row}${row.trim()},9999999999,0,-9999999999,0\n`,
      /orderbook\.csv: line 2: has 2 levels, the rows before it have 1/,
    ],
    [message, "990000,5,990000,100\n", /orderbook\.csv: line 1: the best bid is not below/],
    [message, "1,".repeat(600_000), /orderbook\.csv: line 1: is longer than 131072 bytes/],
  ];
  for (const [messages, orderBook, problem] of cases) {
    const { exitCode, stdout, stderr } = run(...filesOf(context, messages, orderBook));
    assert.match(stderr, problem);
    assert.match(stderr, /^replay: [^\n]+\n$/);
    assert.deepEqual([exitCode, stdout], [2, ""]);
  }
});

test("arguments: what is wrong is named in one line", () => {
  assert.deepEqual(runProcess(), run());
  const cases: readonly [args: readonly string[], problem: RegExp][] = [
    [[], /expected two files, got 0; usage: /],
    [[MESSAGES], /expected two files, got 1; usage: /],
    [[MESSAGES, ORDER_BOOK, "more"], /expected two files, got 3; usage: /],
    [[MESSAGES, ORDER_BOOK, "--levels", "0"], /--levels 0: expected a whole number/],
    [[MESSAGES, ORDER_BOOK, "--levels", "6"], /--levels 6: the file has 5 levels/],
    [[MESSAGES, ORDER_BOOK, "--symbol", ""], /--symbol: expected a name/],
    [[MESSAGES, ORDER_BOOK, "--depth", "5"], /--depth.*usage: /],
    [[join(GOLDEN, "none.csv"), ORDER_BOOK], /ENOENT.*none\.csv/],
    [[MESSAGES, GOLDEN], /EISDIR/],
  ];
  for (const [args, problem] of cases) {
    const { exitCode, stdout, stderr } = run(...args);
    assert.match(stderr, problem);
    assert.match(stderr, /^replay: [^\n]+\n$/);
    assert.deepEqual([exitCode, stdout], [2, ""]);
  }
});
