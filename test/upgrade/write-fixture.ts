/**
 * Writes a data directory as this version does, for later versions to open:
 *
 *   npx node test/upgrade/write-fixture.ts PATH clean|killed|cut
 *
 * To have one of an earlier version, copy this folder into a checkout of that version. `killed`
 * ends the gateway without a stop; `cut` archives its first day's events.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { archiveJournal } from "../../packages/gateway/src/offline.ts";
import { packFixture, type Recording } from "./fixture-file.ts";
import { RecordedGateway } from "./recorded-gateway.ts";
import { Story } from "./story.ts";

/** A Tuesday, at ten in Hong Kong: all settles on the Thursday behind it. */
const BEGIN_MS = Date.UTC(2026, 10, 17, 2);
const DAY_MS = 86_400_000;

const RECORD = "record";
const DIRECTORY = "node";
const SEGMENTS = "segments";

const [first = "", second = "", third = ""] = process.argv.slice(2);
if (first === RECORD) await record(second, third);
else write(first, second);

/** In a process of its own, which may end without a stop. */
function write(path: string, ending: string): void {
  const folder = mkdtempSync(join(tmpdir(), "countermand-fixture-"));
  mkdirSync(join(folder, SEGMENTS));
  const args = [fileURLToPath(import.meta.url), RECORD, folder, ending];
  const { status, signal } = spawnSync(process.execPath, args, { stdio: "inherit" });
  const isDone = ending === "killed" ? signal === "SIGKILL" : status === 0;
  if (!isDone) throw new Error(`it ended with ${status ?? signal}`);
  const recorded = JSON.parse(readFileSync(join(folder, "recording"), "utf8")) as Recording;
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" });
  const folders = { [DIRECTORY]: join(folder, DIRECTORY), [SEGMENTS]: join(folder, SEGMENTS) };
  packFixture(path, { ...recorded, commit: stdout.trim() }, folders);
  rmSync(folder, { recursive: true });
}

async function record(folder: string, ending: string): Promise<void> {
  const gateway = new RecordedGateway(join(folder, DIRECTORY), BEGIN_MS);
  const story = new Story(gateway);
  await gateway.start();
  await story.firstDay();
  await gateway.snapshots(1);
  await gateway.stop();
  if (ending === "cut") {
    const beforeMs = BEGIN_MS + DAY_MS / 2;
    archiveJournal({ dataDir: gateway.dataDir, folder: join(folder, SEGMENTS), beforeMs });
  }
  gateway.nowMs = BEGIN_MS + DAY_MS;
  gateway.writes = [];
  await gateway.start();
  await story.secondDay();
  const { receipts, commands, stream, position } = story;
  const { writes } = gateway;
  const queries = await story.queries();
  const endMs = gateway.nowMs;
  const recording = { endMs, writes, commands, queries, stream, position, receipts };
  writeFileSync(join(folder, "recording"), JSON.stringify(recording));
  if (ending === "killed") process.kill(process.pid, "SIGKILL");
  await gateway.stop();
}
