// The one door behind `npm start`, `npm test`, and what `npm run` has for those who try to break it.
// Plain JavaScript without imports of ours, because it must run on an old Node with nothing
// installed: it installs what the lock file names, picks a Node that can run the sources, and hands
// over to it.

import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ version?: string, integrity?: string, resolved?: string, optional?: boolean,
 *   devOptional?: boolean, dev?: boolean }} LockEntry
 * @typedef {Record<string, LockEntry>} LockEntries
 */

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** From this version on Node runs TypeScript sources directly; the SQLite driver needs 22 too. */
const NODE_MIN = { major: 22, minor: 18 };

/** A package for each platform whose Node comes with `npm ci`; see optionalDependencies. */
const PINNED_NODE = join("node_modules", `node-${process.platform.replace("win32", "win")}`);

/** Signals that are passed on: stop, and SIGHUP, which a gateway without a terminal reloads by. */
const PASSED_SIGNALS = /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP"]);

/** One stop sent to a whole process group reaches the launcher twice: directly and through npm. */
const SAME_SIGNAL_MS = 1_000;

/** How often a launcher started by npm looks whether npm still lives. */
const PARENT_POLL_MS = 500;

const TEST_FOLDERS = ["packages", "test", "tools", "bench"];
/** Tests in these folders start gateways, as processes of their own. */
const GATEWAY_TESTS = /^test\/(?:e2e|docs|hostile)\//;
const BROWSER_TEST_FOLDER = "test/browser";

/**
 * Processes of tests side by side: two more than there are processors, because some only wait, and
 * few enough that one disk serves them all.
 */
const TEST_CONCURRENCY = Math.min(8, 2 + Math.max(2, os.availableParallelism?.() ?? 2));

/**
 * Test files that share processes, and how many processes: to start one and to load what is tested
 * takes longer than most of them. The first row that fits applies, what it matches is shared by
 * those that match the same; a file that fits none has a process of its own. So has one that
 * counts what its process has open, and so have those that keep a processor busy for long.
 * @type {readonly (readonly [files: RegExp, processes: number])[]}
 */
const SHARED_PROCESSES = [
  [/^packages\/gateway\/src\/(?!failed-start)/, 3],
  [/^packages\/(?!gateway\/)/, 1],
  [/^test\/e2e\/(?:crash|start-)/, 1],
  [/^test\/e2e\//, 3],
  [/^test\/(?!sim\/)/, 2],
];

/** The file of tests that takes longest and runs one after another, on one processor. */
const LONG_ALONE = /^test\/sim\//;

/** Programs that need the developers' packages, by their commands. */
const PROGRAMS = {
  check: "tools/check.ts",
  sim: "test/sim/main.ts",
  crash: "test/e2e/crash/run.ts",
  hostile: "test/hostile/run.ts",
  properties: "test/properties/run.ts",
  load: "bench/load/run.ts",
  bench: "bench/run.ts",
};

/** @type {Record<string, (args: string[]) => void>} */
const COMMANDS = {
  install,
  start,
  test,
  replay,
  "test-browser": testBrowser,
  ...Object.fromEntries(
    Object.entries(PROGRAMS).map(([name, file]) => [name, (args) => program(file, args)]),
  ),
};

main(process.argv.slice(2));

/** @param {string[]} argv */
function main([command = "", ...args]) {
  const run = COMMANDS[command];
  if (run === undefined) {
    fail(`unknown command "${command}", expected one of: ${Object.keys(COMMANDS).join(", ")}`);
  }
  run(args);
}

function install() {
  installIfStale({ withDev: true });
}

/** @param {string[]} args */
function start(args) {
  installIfStale({ withDev: false });
  const node = pickNode();
  requireDriver(node);
  const entry = join(ROOT, "packages", "gateway", "src", "main.ts");
  // The channel carries no messages. It closes when this process dies in any way, SIGKILL included,
  // and then the gateway gets "disconnect" and stops.
  supervise(node, [entry, ...args], ["inherit", "inherit", "inherit", "ipc"]);
}

/**
 * Arguments that start with "-" go to the test runner (write `--name=value`), the others keep only
 * files whose path contains one of them.
 * @param {string[]} args
 */
function test(args) {
  installIfStale({ withDev: true });
  const node = pickNode();
  requireDriver(node);
  const options = args.filter((arg) => arg.startsWith("-"));
  const filters = args.filter((arg) => !arg.startsWith("-")).map((arg) => arg.replace(/^\.\//, ""));
  const files = testFiles().filter(
    (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
  );
  if (files.length === 0) fail(`no test file matches: ${filters.join(" ") || "anything"}`);
  if (!options.some((option) => option.startsWith("--test-reporter"))) {
    options.unshift("--test-reporter=spec");
  }
  options.unshift("--test", `--test-concurrency=${TEST_CONCURRENCY}`);
  const folder = temporaryFolder();
  if (files.some((file) => GATEWAY_TESTS.test(file))) bundleGateway(node, join(folder, "gateway"));
  supervise(node, [...options, ...processes(files, folder)], "inherit");
}

/** In `build/`, which the runner looks into as it does not into `node_modules/`; gone at the end. */
function temporaryFolder() {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build", "tests-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Makes the gateway that the tests of this run start, and no other run.
 * @param {string} node
 * @param {string} folder
 */
function bundleGateway(node, folder) {
  const { status } = spawnSync(node, [join(ROOT, "tools", "bundle-gateway.ts"), folder], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) fail("the gateway cannot be bundled for its tests, the reason is above");
  process.env["GATEWAY_UNDER_TEST"] = join(folder, "main.js");
}

/**
 * Files that the runner starts a process for, each of which imports the tests of that process. They
 * are written into a folder, with names in the order in which the runner starts them: by their
 * names. Those that keep a processor busy for long come first, or the last of them ends alone.
 * @param {readonly string[]} files
 * @param {string} folder
 */
function processes(files, folder) {
  /** @type {Map<string, string[]>} */
  const byProcess = new Map();
  for (const [index, file] of files.entries()) {
    const shared = sharedProcess(file, index) ?? file;
    byProcess.set(shared, [...(byProcess.get(shared) ?? []), file]);
  }
  return [...byProcess].map(([shared, members]) => {
    const place = LONG_ALONE.test(shared) ? "first" : "then";
    const name = `${place}-${shared.replaceAll("/", "-")}.mjs`;
    const text = members.map((file) => `import "../../${file}";\n`).join("");
    writeFileSync(join(folder, name), text);
    return `build/${basename(folder)}/${name}`;
  });
}

/**
 * @param {string} file
 * @param {number} index neighbours are dealt to different processes
 * @returns {string | null} its name, null for a process of the file's own
 */
function sharedProcess(file, index) {
  for (const [files, count] of SHARED_PROCESSES) {
    const folder = files.exec(file)?.[0];
    if (folder !== undefined) return `${folder}${(index % count) + 1}`;
  }
  return null;
}

/**
 * The tests that need a Chromium: they are not among those that everybody can run.
 * @param {string[]} args
 */
function testBrowser(args) {
  installIfStale({ withDev: true });
  const node = pickNode();
  requireDriver(node);
  const files = testFilesIn([BROWSER_TEST_FOLDER]);
  supervise(node, ["--test", "--test-reporter=spec", ...args, ...files], "inherit");
}

/**
 * @param {string} file
 * @param {string[]} args
 */
function program(file, args) {
  installIfStale({ withDev: true });
  supervise(pickNode(), [join(ROOT, file), ...args], "inherit");
}

/**
 * The files it is given are looked for where the user stands, not where npm goes.
 * @param {string[]} args
 */
function replay(args) {
  installIfStale({ withDev: false });
  const entry = join(ROOT, "packages", "gateway", "src", "replay", "replay-main.ts");
  supervise(pickNode(), [entry, ...args], "inherit", process.env["INIT_CWD"] ?? process.cwd());
}

/** Every test file that needs nothing but Node, relative to the root, in a fixed order. */
function testFiles() {
  return testFilesIn(TEST_FOLDERS).filter((file) => !file.startsWith(`${BROWSER_TEST_FOLDER}/`));
}

/** @param {readonly string[]} folders */
function testFilesIn(folders) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} folder */
  const visit = (folder) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== "node_modules") visit(path);
      if (entry.isFile() && entry.name.endsWith(".test.ts")) found.push(path);
    }
  };
  for (const folder of folders) if (existsSync(join(ROOT, folder))) visit(folder);
  return found.sort();
}

/** @param {{ withDev: boolean }} options */
function installIfStale({ withDev }) {
  const reason = staleReason(withDev);
  if (reason === null) return;
  console.error(`launch: ${reason}: running npm ci`);
  const args = ["ci", "--include=optional", "--ignore-scripts", "--loglevel=error"];
  if (withDev) args.push("--include=dev");
  const npm = npmCommand();
  const result = spawnSync(npm.file, [...npm.args, ...args], {
    cwd: ROOT,
    stdio: ["ignore", 2, 2],
    shell: npm.shell,
  });
  if (result.error !== undefined) {
    fail(`cannot run npm (${result.error.message}): install npm, then run: npm ci`);
  }
  if (result.status !== 0) {
    fail("npm ci failed, its reason is above (is the network up?): mend it, then run: npm ci");
  }
}

/**
 * npm keeps a lock file of what it installed. What matters is that it says the same as ours, not
 * which of the two files is younger.
 * @param {boolean} withDev whether packages that only developers need must be there
 * @returns {string | null} why an installation is needed
 */
function staleReason(withDev) {
  const wanted = readLock("package-lock.json");
  if (wanted === null) fail("package-lock.json is missing or damaged: restore it");
  const installed = readLock(join("node_modules", ".package-lock.json"));
  if (installed === null) return "dependencies are not installed";
  for (const [path, entry] of Object.entries(wanted)) {
    const present = installed[path];
    if (present === undefined || !existsSync(join(ROOT, path))) {
      const mayBeAbsent = entry.optional === true || entry.devOptional === true;
      if (mayBeAbsent || (entry.dev === true && !withDev)) continue;
      return `${path} is not installed`;
    }
    const same = ["version", "integrity", "resolved"].every(
      (key) => Reflect.get(present, key) === Reflect.get(entry, key),
    );
    if (!same) return `${path} differs from package-lock.json`;
  }
  const extra = Object.keys(installed).find((path) => wanted[path] === undefined);
  return extra === undefined ? null : `${extra} is not in package-lock.json`;
}

/**
 * @param {string} path
 * @returns {LockEntries | null}
 */
function readLock(path) {
  try {
    /** @type {LockEntries} */
    const packages = JSON.parse(readFileSync(join(ROOT, path), "utf8")).packages;
    return Object.fromEntries(
      Object.entries(packages).filter(([key]) => key.startsWith("node_modules/")),
    );
  } catch {
    return null; // Absent or unreadable means the same here: it cannot be relied on.
  }
}

/**
 * npm is a JavaScript program. Run by the Node that npm itself runs on where that is known, because
 * `npm ci` deletes the pinned Node and a running program cannot be deleted everywhere.
 */
function npmCommand() {
  const { npm_execpath: script, npm_node_execpath: node = process.execPath } = process.env;
  if (script !== undefined && /\.c?js$/.test(script)) {
    return { file: node, args: [script], shell: false };
  }
  return { file: "npm", args: [], shell: process.platform === "win32" };
}

/** The pinned Node where this platform has one that runs, else this one if it is new enough. */
function pickNode() {
  const binary = process.platform === "win32" ? "node.exe" : "node";
  const pinned = join(ROOT, `${PINNED_NODE}-${process.arch}`, "bin", binary);
  for (const node of [pinned, process.execPath]) {
    if (isNewEnough(nodeVersion(node))) return node;
  }
  const { major, minor } = NODE_MIN;
  const platform = `${process.platform}-${process.arch}`;
  return fail(
    `Node ${major}.${minor} or later is needed, this is ${process.version} and no pinned Node ` +
      `runs on ${platform}: run "npm ci --include=optional", or install Node ${major}.${minor}+`,
  );
}

/**
 * @param {string} node
 * @returns {string} such as "v24.21.0", or "" when the program is missing or does not run here
 */
function nodeVersion(node) {
  if (node === process.execPath && existsSync(node)) return process.version;
  if (!existsSync(node)) return "";
  const result = spawnSync(node, ["--version"], { encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : "";
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace("v", "").split(".").map(Number);
  return major > NODE_MIN.major || (major === NODE_MIN.major && minor >= NODE_MIN.minor);
}

/**
 * The journal's driver is native code: find out here, in one line, whether it runs on this machine.
 * @param {string} node
 */
function requireDriver(node) {
  const probe = 'new (require("better-sqlite3"))(":memory:").close()';
  const result = spawnSync(node, ["--input-type=commonjs", "--eval", probe], {
    cwd: join(ROOT, "packages", "gateway"),
    encoding: "utf8",
  });
  if (result.status === 0) return;
  const cause = /^\w*Error.*$/m.exec(result.stderr ?? "")?.[0] ?? `signal ${result.signal}`;
  const platform = `${process.platform}-${process.arch}`;
  fail(`better-sqlite3 does not load on ${platform} (${cause}): remove node_modules, run: npm ci`);
}

/**
 * Runs Node, passes signals on and ends as it ends.
 * @param {string} node
 * @param {string[]} args
 * @param {import("node:child_process").StdioOptions} stdio
 * @param {string} cwd
 */
function supervise(node, args, stdio, cwd = ROOT) {
  // Sources are stripped of their types and compiled once, not at every start.
  const env = { NODE_COMPILE_CACHE: join(ROOT, "node_modules", ".cache", "code"), ...process.env };
  const options = /** @type {const} */ ({ cwd, env, stdio });
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...args], options);
  child.on("error", (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + os.constants.signals[signal]);
  });
  /** @type {Map<string, number>} */
  const sentAtMs = new Map();
  for (const signal of PASSED_SIGNALS) {
    process.on(signal, () => {
      const nowMs = performance.now();
      const isSame = nowMs - (sentAtMs.get(signal) ?? -SAME_SIGNAL_MS) < SAME_SIGNAL_MS;
      // Settings may have changed since the last reload, and one too many does no harm.
      if (isSame && signal !== "SIGHUP") return;
      sentAtMs.set(signal, nowMs);
      child.kill(signal);
    });
  }
  if (process.env["npm_lifecycle_event"] === undefined) return;
  stopWithParent(() => {
    // One that is stopping already is let stop; SIGHUP may have been a reload.
    if (!sentAtMs.has("SIGTERM") && !sentAtMs.has("SIGINT")) child.kill("SIGTERM");
  });
}

/**
 * npm killed by SIGKILL says nothing; its child is handed to another parent. Only when npm started
 * us: a launcher put in the background by a shell is meant to outlive that shell.
 * @param {() => void} stop
 */
function stopWithParent(stop) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_POLL_MS);
  timer.unref();
}

/**
 * @param {string} line
 * @returns {never}
 */
function fail(line) {
  console.error(`launch: ${line}`);
  process.exit(1);
}
