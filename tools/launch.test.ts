// Goal: the launcher installs when it must, hands over signals and exit codes, leaves no gateway
// behind, and says in one line why it cannot start. Each test has a small repository of its own.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";

const LOCK = JSON.stringify({
  packages: {
    "": {},
    "node_modules/better-sqlite3": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/typescript": { version: "1.0.0", integrity: "sha512-b", dev: true },
    "node_modules/node-plan9-pdp11": { version: "24.0.0", optional: true },
  },
});

/** What npm writes about an installation without developers' packages. */
const INSTALLED = JSON.stringify({
  packages: { "node_modules/better-sqlite3": { version: "1.0.0", integrity: "sha512-a" } },
});

const DRIVER = "module.exports = class { close() {} };";

/** A gateway that tells what reaches it and stops when asked. */
const GATEWAY = `
const timer = setInterval(() => {}, 1_000);
const stop = (why: string): void => {
  clearInterval(timer);
  process.stdout.write("stopped by " + why + "\\n", () => process.exit(0));
};
process.on("SIGTERM", () => stop("SIGTERM"));
process.on("SIGINT", () => stop("SIGINT"));
process.on("disconnect", () => stop("disconnect"));
process.stdout.write("up " + process.argv.slice(2).join(" ") + "\\n");
`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running launcher, what it has written so far, and its end. */
interface Launched {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly written: { readonly stdout: string; readonly stderr: string };
  /** Resolves when the standard output contains a text. */
  readonly wrote: (text: string) => Promise<void>;
}

/** A repository with the given files beside the usual ones; removed after the test. */
function repository(t: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "launch-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "tools"));
  cpSync(join(import.meta.dirname, "launch.mjs"), join(root, "tools", "launch.mjs"));
  const usual = {
    "package-lock.json": LOCK,
    "node_modules/.package-lock.json": INSTALLED,
    "node_modules/better-sqlite3/index.js": DRIVER,
    "packages/gateway/src/main.ts": GATEWAY,
  };
  for (const [path, text] of Object.entries({ ...usual, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function launch(
  root: string,
  args: readonly string[],
  npmScript = "npm-must-not-run.js",
): Launched {
  const command = [process.execPath, join(root, "tools", "launch.mjs"), ...args];
  return run(command, { npm_execpath: join(root, npmScript) });
}

function run([file = "", ...args]: readonly string[], set: NodeJS.ProcessEnv): Launched {
  const { NODE_TEST_CONTEXT: _nested, npm_lifecycle_event: _event, ...env } = process.env;
  const child = spawn(file, args, {
    env: { ...env, ...set },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written.stderr += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code, ...written }));
  const wrote = async (text: string) => {
    while (!written.stdout.includes(text)) {
      await Promise.race([once(child.stdout, "data"), ended.then(() => assert.fail(text))]);
    }
  };
  return { process: child, ended, written, wrote };
}

test("launch: start passes its arguments and ends with the gateway's exit code", async (t) => {
  const root = repository(t, {
    "packages/gateway/src/main.ts":
      "process.stdout.write(process.argv.slice(2).join()); process.exitCode = 7;",
  });
  const { code, stdout, stderr } = await launch(root, ["start", "--port", "0"]).ended;
  assert.equal(stderr, "");
  assert.equal(stdout, "--port,0");
  assert.equal(code, 7);
});

test("launch: replay runs where it was called, without the journal's driver", async (t) => {
  const root = repository(t, {
    "node_modules/better-sqlite3/index.js": "throw new Error('not for this machine');",
    "packages/gateway/src/replay/replay-main.ts":
      "process.stdout.write([process.cwd(), ...process.argv.slice(2)].join()); process.exitCode = 2;",
  });
  const { code, stdout } = await launch(root, ["replay", "m.csv"]).ended;
  assert.equal(stdout, `${process.env["INIT_CWD"] ?? process.cwd()},m.csv`);
  assert.equal(code, 2);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`launch: ${signal} reaches the gateway once and the chain ends with 0`, async (t) => {
    const launched = launch(repository(t), ["start"]);
    await launched.wrote("up");
    launched.process.kill(signal);
    launched.process.kill(signal);
    const { code, stdout } = await launched.ended;
    assert.equal(stdout, `up \nstopped by ${signal}\n`);
    assert.equal(code, 0);
  });
}

test("launch: a gateway killed by a signal gives 128 and its number", async (t) => {
  const root = repository(t, {
    "packages/gateway/src/main.ts": 'process.kill(process.pid, "SIGKILL");',
  });
  assert.equal((await launch(root, ["start"]).ended).code, 128 + 9);
});

test("launch: a killed launcher leaves no gateway behind", async (t) => {
  const launched = launch(repository(t), ["start"]);
  await launched.wrote("up");
  launched.process.kill("SIGKILL");
  // The pipe closes when its last writer, the gateway, has ended.
  assert.match((await launched.ended).stdout, /stopped by disconnect/);
});

test("launch: each reload is passed on, however soon it follows", async (t) => {
  const onReload = 'process.on("SIGHUP", () => void process.stdout.write("reloaded\\n"));';
  const root = repository(t, { "packages/gateway/src/main.ts": onReload + GATEWAY });
  const launched = launch(root, ["start"]);
  await launched.wrote("up");
  launched.process.kill("SIGHUP");
  await launched.wrote("reloaded\n");
  launched.process.kill("SIGHUP");
  await launched.wrote("reloaded\nreloaded\n");
  launched.process.kill("SIGTERM");
  assert.equal((await launched.ended).code, 0);
});

test("launch: npm that is killed leaves no gateway behind, though it was reloaded before", async (t) => {
  const onReload = 'process.on("SIGHUP", () => void process.stdout.write("reloaded\\n"));';
  const root = repository(t, { "packages/gateway/src/main.ts": onReload + GATEWAY });
  const script = '"$@" & echo "launcher $!"; wait';
  const launcher = [process.execPath, join(root, "tools", "launch.mjs"), "start"];
  const npm = run(["sh", "-c", script, "npm", ...launcher], { npm_lifecycle_event: "start" });
  await npm.wrote("up");
  process.kill(Number(/launcher (\d+)/.exec(npm.written.stdout)?.[1]), "SIGHUP");
  await npm.wrote("reloaded");
  npm.process.kill("SIGKILL");
  // The pipe closes when its last writer, the gateway, has ended.
  assert.match((await npm.ended).stdout, /stopped by SIGTERM/);
});

test("launch: an installation that differs from the lock file is renewed by npm ci", async (t) => {
  const root = repository(t, {
    "node_modules/.package-lock.json": INSTALLED.replace("sha512-a", "sha512-old"),
    "npm-stub.js": 'process.stdout.write("npm " + process.argv.slice(2).join(" "));',
    "packages/gateway/src/main.ts": "",
  });
  const { code, stdout, stderr } = await launch(root, ["start"], "npm-stub.js").ended;
  assert.match(stderr, /^launch: node_modules\/better-sqlite3 differs from .*: running npm ci\n/);
  assert.match(stderr, /npm ci --include=optional --ignore-scripts --loglevel=error$/);
  assert.equal(stdout, "");
  assert.equal(code, 0);
});

test("launch: test needs the developers' packages, start does not", async (t) => {
  const root = repository(t);
  const { code, stderr } = await launch(root, ["test"]).ended;
  assert.match(stderr, /^launch: node_modules\/typescript is not installed: running npm ci\n/);
  assert.match(stderr, /\nlaunch: npm ci failed, its reason is above/);
  assert.equal(code, 1);
});

test("launch: so does a proof, on whatever Node somebody has", async (t) => {
  const root = repositoryWithTests(t, {
    "test/e2e/crash/run.ts":
      "const argv: string[] = process.argv.slice(2);" +
      "process.stdout.write(argv.join()); process.exitCode = 3;",
  });
  const { code, stdout } = await launch(root, ["crash", "kill", "--long"]).ended;
  assert.equal(stdout, "kill,--long");
  assert.equal(code, 3);
  const bare = await launch(repository(t), ["crash"]).ended;
  assert.match(bare.stderr, /^launch: node_modules\/typescript is not installed: running npm ci\n/);
});

test("launch: a driver that does not load is one clear line", async (t) => {
  const root = repository(t, {
    "node_modules/better-sqlite3/index.js": 'throw new Error("wrong platform");',
  });
  const { code, stderr } = await launch(root, ["start"]).ended;
  assert.match(stderr, /^launch: better-sqlite3 does not load .*wrong platform.*npm ci\n$/);
  assert.equal(code, 1);
});

test("launch: an unknown command names the known ones", async (t) => {
  const { code, stderr } = await launch(repository(t), ["strat"]).ended;
  assert.match(
    stderr,
    /^launch: unknown command "strat", .*: install, start, test, [a-z, -]+, load, bench\n$/,
  );
  assert.equal(code, 1);
});

/** A repository where the developers' packages are installed too, with tests that say they ran. */
function repositoryWithTests(t: TestContext, more: Readonly<Record<string, string>> = {}): string {
  const installed = JSON.parse(LOCK) as { packages: Record<string, unknown> };
  const say = (name: string) => `import { test } from "node:test"; test("${name}", () => {});`;
  return repository(t, {
    "node_modules/.package-lock.json": JSON.stringify(installed),
    "node_modules/typescript/package.json": "{}",
    "node_modules/node-plan9-pdp11/package.json": "{}",
    "packages/core/src/one.test.ts": say("one ran"),
    "packages/core/node_modules/x/foreign.test.ts": say("foreign ran"),
    "test/deep/er/two.test.ts": say("two ran"),
    ...more,
  });
}

test("launch: test runs every test file, and the runner's summary comes last", async (t) => {
  const { code, stdout } = await launch(repositoryWithTests(t), ["test"]).ended;
  assert.match(stdout, /one ran/);
  assert.match(stdout, /two ran/);
  assert.doesNotMatch(stdout, /foreign/);
  assert.match(stdout, /tests 2\n(?:.*\n)*.*duration_ms [\d.]+\n$/);
  assert.equal(code, 0);
});

test("launch: tests of a package share a process, others have their own", async (t) => {
  const say = (name: string) => {
    return `import { test } from "node:test"; test("${name} in " + process.pid + " ran", () => {});`;
  };
  const root = repositoryWithTests(t, {
    "packages/core/src/a/third.test.ts": say("third"),
    "packages/core/src/b/fourth.test.ts": say("fourth"),
    "packages/gateway/src/a/fifth.test.ts": say("fifth"),
    "packages/gateway/src/b/sixth.test.ts": say("sixth"),
  });
  const { code, stdout } = await launch(root, ["test"]).ended;
  const pid = (name: string) => new RegExp(`${name} in (\\d+) ran`).exec(stdout)?.[1];
  assert.ok(pid("third") !== undefined && pid("third") === pid("fourth"));
  assert.equal(new Set(["third", "fifth", "sixth"].map(pid)).size, 3);
  assert.match(stdout, /tests 6\n/);
  assert.equal(code, 0);
  assert.deepEqual(readdirSync(join(root, "build")), [], "what was written for it is gone");
});

test("launch: a failure in a shared process is a failure, and the others still run", async (t) => {
  const root = repositoryWithTests(t, {
    "packages/core/src/failing.test.ts":
      'import { test } from "node:test"; test("no", () => { throw new Error("it fails"); });',
    "packages/core/src/later.test.ts":
      'import { test } from "node:test"; test("later ran", () => {});',
  });
  const { code, stdout } = await launch(root, ["test"]).ended;
  assert.match(stdout, /packages\/core\/src\/failing\.test\.ts:1/, "it is told where");
  assert.match(stdout, /later ran/);
  assert.match(stdout, /pass 3\n/);
  assert.equal(code, 1);
});

test("launch: test takes a path filter, and a filter that fits nothing fails", async (t) => {
  const root = repositoryWithTests(t);
  const one = await launch(root, ["test", "packages/core", "--test-reporter=tap"]).ended;
  assert.match(one.stdout, /one ran/);
  assert.doesNotMatch(one.stdout, /two ran/);
  const none = await launch(root, ["test", "absent"]).ended;
  assert.equal(none.stderr, "launch: no test file matches: absent\n");
  assert.equal(none.code, 1);
});
