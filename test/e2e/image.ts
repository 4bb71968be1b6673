/**
 * What the Dockerfile does, step by step, in a folder for each stage in place of an image: what the
 * ignore file lets through, the packages, the installation, the start, the health check, the stop,
 * and a second start.
 *
 *   npm run test:pack
 *
 * Needs Node 24, as the image has. Exit code 0: everything was as in an image.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { CountermandClient } from "../../packages/client/src/index.ts";
import { ROOT, type RunningProcess, Workplace } from "./gateway-process.ts";

const DOCKERFILE = readFileSync(join(ROOT, "Dockerfile"), "utf8").replace(/\\\n/g, " ");
const IGNORED = readFileSync(join(ROOT, ".dockerignore"), "utf8");
const PORT = "8080";

const place = new Workplace();
try {
  const app = build();
  assert.ok(existsSync(join(app, "node_modules", "countermand", "docs", "operating")));
  assert.ok(!existsSync(join(app, "packages")), "no sources");
  await firstStart(app);
  process.stdout.write("ok  image\n1 passed, 0 failed\n");
} finally {
  await place.close();
}

/** Gives the folder that the last stage's command runs in. */
function build(): string {
  let stage = "";
  let folder = "";
  for (const line of DOCKERFILE.split("\n")) {
    const [, instruction = "", text = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (instruction === "FROM") stage = / AS (\w+)$/.exec(text)?.[1] ?? "last";
    if (instruction === "WORKDIR") folder = place.path(join(stage, text));
    if (instruction === "COPY") copy(text, stage, folder);
    // What needs a system of its own, such as its users, has no place here.
    if (instruction === "RUN" && /^(?:npm|rm) /.test(text)) carryOut(folder, text);
  }
  return folder;
}

function copy(text: string, stage: string, folder: string): void {
  if (text === ". .") {
    copyContext(folder);
    return;
  }
  const [, from = "", source = "", target = ""] = /^--from=(\w+) (\S+) (\S+)$/.exec(text) ?? [];
  assert.ok(from !== "", `COPY ${text}`);
  cpSync(place.path(join(from, source)), place.path(join(stage, target)), { recursive: true });
}

function carryOut(folder: string, command: string): void {
  // Of what is in the image nothing else is set while it is built.
  const env = { ...process.env, npm_config_prefer_offline: "true" };
  const { status, stderr } = spawnSync(command, {
    cwd: folder,
    env,
    shell: true,
    encoding: "utf8",
  });
  assert.equal(status, 0, `${command}: ${stderr}`);
}

/** The image's variables, but for folders and port, which are this machine's. */
function environment(): Record<string, string> {
  const lines = [...DOCKERFILE.matchAll(/^ENV (.*)$/gm)].map(([, variables = ""]) => variables);
  return {
    ...Object.fromEntries(lines.join(" ").trim().split(/\s+/).map(nameAndValue)),
    COUNTERMAND_DATA_DIR: place.path("data"),
    COUNTERMAND_PORT: "0",
  };
}

/** The last line that fits decides, as Docker has it; a folder's name is for all below it. */
function copyContext(app: string): void {
  const { stdout } = spawnSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" });
  const patterns = IGNORED.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const kept = stdout.split("\0").filter((path) => path !== "" && isKept(path, patterns));
  assert.ok(kept.includes("packages/gateway/src/main.ts"));
  assert.ok(kept.includes("tools/pack.ts"));
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
