/**
 * What the Dockerfile does, step by step, in a folder in place of an image: what the ignore file
 * lets through, the installation, the start, the health check, the stop, and a second start.
 *
 *   npm run test:pack
 *
 * Needs Node 24, as the image has. Exit code 0: everything was as in an image.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { CountermandClient } from "../../packages/client/src/index.ts";
import { ROOT, type RunningProcess, Workplace } from "./gateway-process.ts";

const DOCKERFILE = readFileSync(join(ROOT, "Dockerfile"), "utf8").replace(/\\\n/g, " ");
const IGNORED = readFileSync(join(ROOT, ".dockerignore"), "utf8");
const PORT = "8080";

const place = new Workplace();
try {
  const app = place.path("app");
  copyContext(app);
  const [, install = ""] = /^RUN (npm .*)$/m.exec(DOCKERFILE) ?? [];
  carryOut(app, `${install} --prefer-offline`);
  const [, compile = ""] = /^RUN (node .*)$/m.exec(DOCKERFILE) ?? [];
  carryOut(app, compile.replace("node", process.execPath));
  const compiledCount = compiledFiles();
  assert.ok(compiledCount > 500, `${compiledCount} compiled files`);
  await firstStart(app);
  assert.ok(compiledFiles() < 1.1 * compiledCount, "a start finds most of its code compiled");
  process.stdout.write("ok  image\n1 passed, 0 failed\n");
} finally {
  await place.close();
}

function carryOut(app: string, command: string): void {
  const env = { ...process.env, ...environment() };
  const { status, stderr } = spawnSync(command, { cwd: app, env, shell: true, encoding: "utf8" });
  assert.equal(status, 0, `${command}: ${stderr}`);
}

/** The image's variables, but for folders and port, which are this machine's. */
function environment(): Record<string, string> {
  const lines = [...DOCKERFILE.matchAll(/^ENV (.*)$/gm)].map(([, variables = ""]) => variables);
  return {
    ...Object.fromEntries(lines.join(" ").trim().split(/\s+/).map(nameAndValue)),
    NODE_COMPILE_CACHE: place.path("code"),
    COUNTERMAND_DATA_DIR: place.path("data"),
    COUNTERMAND_PORT: "0",
  };
}

function compiledFiles(): number {
  return readdirSync(place.path("code"), { recursive: true }).length;
}

/** The last line that fits decides, as Docker has it; a folder's name is for all below it. */
function copyContext(app: string): void {
  const { stdout } = spawnSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" });
  const patterns = IGNORED.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const kept = stdout.split("\0").filter((path) => path !== "" && isKept(path, patterns));
  assert.ok(kept.includes("packages/gateway/src/main.ts"));
  assert.ok(!kept.some((path) => path.startsWith("test/") || path.endsWith(".test.ts")));
  for (const path of kept) {
    const target = join(app, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, path), target);
  }
}

function isKept(path: string, patterns: readonly string[]): boolean {
  const parts = path.split("/");
  const names = parts.map((_, depth) => parts.slice(0, depth + 1).join("/"));
  const last = patterns.findLast((pattern) => {
    return names.some((name) => matchesGlob(name, pattern.replace(/^!/, "")));
  });
  return last === undefined || last.startsWith("!");
}

async function firstStart(app: string): Promise<void> {
  const first = await start(app);
  const [, apiKey = "", secret = ""] = /^ +key (\S+) +secret (\S+)/m.exec(first.stdout) ?? [];
  assert.match(apiKey, /^sandbox-[0-9a-f]{12}$/);
  const url = urlOf(first);
  const client = new CountermandClient({ baseUrl: url, credentials: { apiKey, secret } });
  assert.equal((await client.orders()).total_records, 0);
  const demo = { apiKey: "demo-key", secret: "demo-secret" };
  const stranger = new CountermandClient({ baseUrl: url, credentials: demo });
  await assert.rejects(stranger.orders(), { httpStatus: 401 });
  assert.equal(health(url), 0);
  await stop(first);
  assert.equal(health(url), 1);
  const second = await start(app);
  assert.ok(!second.stdout.includes(secret), "keys are printed once");
  const again = new CountermandClient({ baseUrl: urlOf(second), credentials: { apiKey, secret } });
  assert.equal((await again.orders()).total_records, 0);
  await stop(second);
}

/** The image's command in its environment. */
async function start(app: string): Promise<RunningProcess> {
  const [, command = "[]"] = /^CMD (\[.*\])$/m.exec(DOCKERFILE) ?? [];
  const [node, entry = "", ...args] = JSON.parse(command) as string[];
  assert.equal(node, "node");
  const started = place.run(process.execPath, [join(app, entry), ...args], environment());
  await started.seen("the ready line", ({ stdout }) => readyUrl(stdout));
  return started;
}

function nameAndValue(text: string): readonly [string, string] {
  const [name = "", value = ""] = text.split("=");
  return [name, value];
}

function readyUrl(stdout: string): string | null {
  return /^countermand ready (http:\/\/0\.0\.0\.0:\d+)\n/m.exec(stdout)?.[1] ?? null;
}

function urlOf({ stdout }: RunningProcess): string {
  return (readyUrl(stdout) ?? "").replace("0.0.0.0", "127.0.0.1");
}

/** The exit code of the image's health check. */
function health(url: string): number | null {
  const [, command = "[]"] = /HEALTHCHECK .*CMD (\[.*\])$/m.exec(DOCKERFILE) ?? [];
  assert.ok(command.includes(`127.0.0.1:${PORT}`));
  const here = command.replace(`127.0.0.1:${PORT}`, new URL(url).host);
  const [, ...args] = JSON.parse(here) as string[];
  return spawnSync(process.execPath, args).status;
}

async function stop(started: RunningProcess): Promise<void> {
  started.kill("SIGTERM");
  assert.deepEqual(await started.exited, { code: 0, signal: null }, started.stderr);
}
