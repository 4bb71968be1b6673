/**
 * The packages as people install them: into an empty folder, by npm. The command line and a gateway
 * run from there, and a program with types uses the client.
 *
 *   npm run test:pack
 *
 * Exit code 0: everything was as in a clone.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, type RunningProcess, Workplace } from "./gateway-process.ts";

const TARBALLS = join(ROOT, "build", "packages");
const USE = `
import { CountermandClient, type Order } from "@countermand/client";

const credentials = { apiKey: "demo-key", secret: "demo-secret" };
const client = new CountermandClient({ baseUrl: process.argv[2] ?? "", credentials });
const placed: Order = await client.placeAndShow({
  market: "hkex", symbol: "00700", order_side: "buy",
  order_type: "limit_order", price: "423.83", qty: "100",
});
const closed: Order = await client.cancelAndConfirm({ order_no: placed.order_no });
console.log(closed.order_status);
`;

const place = new Workplace();
const SANDBOX = {
  COUNTERMAND_PORT: "0",
  COUNTERMAND_DATA_DIR: place.path("data"),
  COUNTERMAND_SANDBOX_MARKET: "off",
};
try {
  const folder = place.path("installed");
  install(folder);
  const checks = [
    versionAndHelp,
    servesAndTrades,
    mcpAnswers,
    noSources,
    gatewayIsBundled,
    serviceStarts,
  ];
  for (const check of checks) {
    await check(folder);
    process.stdout.write(`ok  ${check.name}\n`);
  }
  process.stdout.write(`${checks.length} passed, 0 failed\n`);
} finally {
  await place.close();
}

function install(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}\n');
  const names = readdirSync(TARBALLS).filter((name) => name.endsWith(".tgz"));
  assert.ok(names.length >= 5, "npm run pack has written the packages");
  const tarballs = names.map((name) => join(TARBALLS, name));
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
  finished(folder, "npm", ["install", ...quiet, ...tarballs]);
}

function versionAndHelp(folder: string): void {
  const manifest = readFileSync(join(ROOT, "packages", "cli", "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  assert.equal(finished(folder, "npx", ["--offline", "countermand", "--version"]), `${version}\n`);
  assert.match(finished(folder, "npx", ["--offline", "countermand", "--help"]), /^ {2}serve /m);
}

/** Serves; the command line and a typed program trade; SIGTERM ends it; it is all there again. */
async function servesAndTrades(folder: string): Promise<void> {
  const first = await serve(folder);
  const countermand = (...args: string[]) => {
    return finished(folder, program(folder), ["--url", first.url, ...args]);
  };
  const orderNo = countermand("place", "buy", "00700", "100", "--price", "423.83").trim();
  assert.match(countermand("cancel", orderNo), / cancelled: 100 cancelled, 0 filled\n$/);
  const docs = await fetch(`${first.url}/docs`);
  assert.equal(docs.status, 200, "assets are in the package");
  writeFileSync(join(folder, "use.ts"), USE);
  checkTypes(folder, "use.ts");
  writeFileSync(join(folder, "misuse.ts"), USE.replace('"423.83"', "423.83"));
  assert.throws(() => checkTypes(folder, "misuse.ts"), /number.* not assignable to type 'string'/);
  assert.equal(finished(folder, process.execPath, ["use.ts", first.url]), "can\n");
  first.process.kill("SIGTERM");
  assert.deepEqual(await first.process.exited, { code: 0, signal: null }, first.process.stderr);
  const second = await serve(folder);
  const listed = finished(folder, program(folder), ["--url", second.url, "orders"]);
  assert.match(listed, new RegExp(`^${orderNo} +cancelled `, "m"));
  second.process.kill("SIGTERM");
  await second.process.exited;
}

async function serve(folder: string): Promise<{ url: string; process: RunningProcess }> {
  const started = place.run(program(folder), ["serve"], SANDBOX);
  const url = await started.seen("the ready line", ({ stdout }) => readyUrl(stdout));
  return { url, process: started };
}

/** With the declarations of the package checked as well. */
function checkTypes(folder: string, file: string): void {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "dom", "dom.iterable"],
    typeRoots: [join(ROOT, "node_modules", "@types")],
    types: ["node"],
    noEmit: true,
  };
  const project = { compilerOptions, files: [file] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  finished(folder, process.execPath, [tsc, "--project", folder]);
}

function mcpAnswers(folder: string): void {
  const input = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n';
  const { stdout } = spawnSync(program(folder), ["mcp"], { cwd: folder, input, encoding: "utf8" });
  assert.deepEqual(JSON.parse(stdout), { jsonrpc: "2.0", id: 1, result: {} });
}

function noSources(folder: string): void {
  const paths = ["countermand", "@countermand"].flatMap((name) => {
    return readdirSync(join(folder, "node_modules", name), { recursive: true, encoding: "utf8" });
  });
  assert.ok(paths.length > 100, "there is something in the packages");
  const strays = paths.filter((path) => /(?<!\.d)\.ts$|\.test\.|tsconfig/.test(path));
  assert.deepEqual(strays, []);
}

/** A start reads few files, and none of another package of ours (decision 29). */
function gatewayIsBundled(folder: string): void {
  const dist = join(folder, "node_modules", "@countermand", "gateway", "dist");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
  const scripts = files.filter((path) => path.endsWith(".js"));
  for (const name of ["main.js", "journal-worker.js", "archive-worker.js", "snapshot-worker.js"]) {
    assert.ok(scripts.includes(name), `${name} is there`);
  }
  assert.ok(scripts.length < 50, `${scripts.length} files of code`);
  for (const path of scripts) {
    const text = readFileSync(join(dist, path), "utf8");
    assert.doesNotMatch(text, /^(?:import|} from) .*"@countermand\//m, path);
  }
}

/** What is installed as a service has the locked versions, and starts as the unit says. */
async function serviceStarts(): Promise<void> {
  const folder = place.path("service");
  cpSync(TARBALLS, folder, { recursive: true });
  finished(folder, "npm", ["ci", "--prefer-offline"]);
  const deploy = join(folder, "node_modules", "countermand", "deploy");
  const unit = readFileSync(join(deploy, "countermand.service"), "utf8");
  const [, command = ""] = /^ExecStart=(.+)$/m.exec(unit) ?? [];
  const [node = "", entry = ""] = command.replace("/opt/countermand", folder).split(" ");
  const started = place.run(node, [join(folder, entry)], SANDBOX);
  await started.seen("the ready line", ({ stdout }) => readyUrl(stdout));
  started.kill("SIGTERM");
  assert.deepEqual(await started.exited, { code: 0, signal: null }, started.stderr);
}

function readyUrl(stdout: string): string | null {
  return /^countermand ready (http:\/\/\S+)\n/m.exec(stdout)?.[1] ?? null;
}

function program(folder: string): string {
  return join(folder, "node_modules", ".bin", "countermand");
}

function finished(folder: string, file: string, args: readonly string[]): string {
  const ran = spawnSync(file, args, { cwd: folder, encoding: "utf8" });
  assert.equal(ran.status, 0, `${file} ${args.join(" ")}: ${ran.stdout}${ran.stderr}${ran.error}`);
  return ran.stdout;
}
