// The README's commands are those that the gateway prints, and they do what it says: they are run
// as a reader would paste them, in one bash, against a gateway of this test's own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SANDBOX_KEYS } from "../../packages/gateway/src/sandbox.ts";
import { welcome } from "../../packages/gateway/src/welcome.ts";
import { runCommand } from "../e2e/command-line.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { type RunningProcess, Workplace } from "../e2e/gateway-process.ts";
import { page, section } from "./pages.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";
const BLOCKS = [...page("README.md").matchAll(/^```bash\n(.*?)\n```$/gms)].map(
  ([, code = ""]) => code,
);

/** Seconds after which curl gives up: only the watch lasts, and it is ended before. */
const CURL_SECONDS_MAX = 60;

test("README: its commands are those of the welcome text, in the same order", () => {
  const sandbox = { keys: SANDBOX_KEYS, path: null, areNew: false };
  const text = welcome(DEFAULT_URL, null, sandbox, `${DEFAULT_URL}/console#code=one-time`);
  const commands = text.slice(text.indexOf("# 0. "), text.indexOf("countermand ready"));
  const printed = commands
    .split(/^(?=# \d\. )/m)
    .map((block) => block.trim())
    .filter((block) => block !== "");
  assert.ok(printed.length > 0);
  assert.deepEqual(BLOCKS, printed);
});

test("README: place, cancel, list and watch do what it says", async (t) => {
  const place = Workplace.of(t);
  const gateway = await place.gateway(place.path("data"), { COUNTERMAND_SANDBOX_MARKET: "on" });
  const shell = place.run("bash", ["-c", scriptOf(gateway.url)]);
  const changes = await shell.seen("two changes on the stream", (output) => {
    const lines = answersOf(output).get(5) ?? [];
    return lines.length >= 2 ? lines : null;
  });
  shell.kill("SIGTERM");

  const answers = answersOf(shell);
  const orderNo = answers.get(1)?.[0]?.data?.order_no ?? "";
  assert.match(orderNo, /^22\d{9}$/);
  assert.deepEqual(answers.get(1), [{ code: 0, data: { order_no: orderNo } }]);
  assert.deepEqual(answers.get(2), [{ code: 0 }]);
  const [list] = answers.get(3) ?? [];
  assert.deepEqual(list?.data?.orders?.map(seenOf), [[orderNo, "can"]]);
  const [depth, trades] = answers.get(4) ?? [];
  assert.deepEqual([depth?.code, depth?.data?.symbol], [0, "00700"]);
  assert.deepEqual([trades?.code, trades?.data?.symbol], [0, "00700"]);
  assert.deepEqual(
    changes.map(({ type, seq, data }) => [type, seq, data?.order_no, data?.order_status]),
    [
      ["order", 1, orderNo, "new"],
      ["order", 2, orderNo, "can"],
    ],
  );
});

test("README: the first order is placed and cancelled in two commands", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const part = section(page("README.md"), "## Place and cancel your first order");
  const [, commands = "", shown = ""] = /```sh\n(.*?)```.*```text\n(.*?)```/s.exec(part) ?? [];
  let printed = "";
  for (const command of commands.trim().split("\n")) {
    assert.ok(command.startsWith("npx countermand "), command);
    const { code, output, errors } = await runCommand(command.split(" ").slice(2), {
      environment: { COUNTERMAND_URL: url, COUNTERMAND_PROFILES: join(tmpdir(), "no-such-file") },
    });
    assert.equal(code, 0, errors);
    printed += output;
  }
  const withoutNumbers = (text: string) => text.replace(/22\d{9}/g, "NUMBER");
  assert.equal(withoutNumbers(printed), withoutNumbers(shown));
});

interface OrderText {
  readonly order_no?: string;
  readonly order_status?: string;
}

interface AnswerText {
  readonly code?: number;
  readonly type?: string;
  readonly seq?: number;
  readonly data?: OrderText & { readonly symbol?: string; readonly orders?: readonly OrderText[] };
}

function seenOf({ order_no, order_status }: OrderText) {
  return [order_no, order_status];
}

/** All blocks as one script, each after a line with its number. */
function scriptOf(url: string): string {
  const bounded = `curl() { command curl --max-time ${CURL_SECONDS_MAX} "$@"; }`;
  const blocks = BLOCKS.map((block, index) => `echo "block ${index}"\n${block}`);
  return [bounded, ...blocks].join("\n").replaceAll(DEFAULT_URL, url);
}

/** What each block printed so far, line by line. */
function answersOf({ stdout }: RunningProcess): ReadonlyMap<number, AnswerText[]> {
  const answers = new Map<number, AnswerText[]>();
  let block: AnswerText[] = [];
  for (const line of stdout.slice(0, stdout.lastIndexOf("\n") + 1).split("\n")) {
    const number = /^block (\d+)$/.exec(line)?.[1];
    if (number !== undefined) {
      block = [];
      answers.set(Number(number), block);
    } else if (line !== "") {
      block.push(JSON.parse(line) as AnswerText);
    }
  }
  return answers;
}

test("README: the watch shows messages alone, whatever bytes stand between them", () => {
  const program = /perl -e '(.*?)'\n/s.exec(page("README.md"))?.[1];
  assert.ok(program !== undefined);
  const order = `{"type":"order","seq":1,"data":{"reference_id":"${"x".repeat(70)}"}}`;
  const notice = '{"type":"notice","reason":"mode_changed","retryable":true}';
  const beat = '{"type":"heartbeat","data":{"seq":1}}';
  const frame = (text: string, length = text.length) => {
    return Buffer.concat([Buffer.from([0x81, length]), Buffer.from(text)]);
  };
  const close = Buffer.from([0x88, 0x02, 0x03, 0xf4]);
  // A length of 123 is the byte of an opening brace.
  const input = Buffer.concat([
    frame(order, 123),
    frame(notice),
    frame(beat),
    frame(notice),
    close,
  ]);
  const { stdout } = spawnSync("perl", ["-e", program], { input });
  assert.equal(stdout.toString("latin1"), `${[order, notice, beat, notice].join("\n")}\n`);
  const refused = '{"code":10010008,"message":"Signature verification failed"}';
  assert.equal(
    String(spawnSync("perl", ["-e", program], { input: refused }).stdout),
    `${refused}\n`,
  );
});
