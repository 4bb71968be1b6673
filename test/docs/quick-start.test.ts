// The quick start as it stands: its command lines and its program, against a gateway.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { runCommand } from "../e2e/command-line.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { page } from "./pages.ts";

const PAGE = page("docs/guide/quick-start.md");
const SANDBOX_URL = "http://127.0.0.1:8080";
/** Goes on until it is stopped; it is tried elsewhere. */
const ENDLESS = "npx countermand watch";

function blocks(language: string): string[] {
  const fenced = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...PAGE.matchAll(fenced)].map(([, text = ""]) => text);
}

test("quick start: its command lines do what they say", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const lines = blocks("sh").flatMap((block) => block.trim().split("\n"));
  const commands = lines.filter((line) => line.startsWith("npx countermand") && line !== ENDLESS);
  assert.ok(commands.length >= 6);
  for (const command of commands) {
    const { code, output, errors } = await runCommand(command.split(" ").slice(2), {
      environment: { COUNTERMAND_URL: url, COUNTERMAND_PROFILES: join(tmpdir(), "no-such-file") },
    });
    assert.equal(code, 0, `${command}: ${errors}`);
    assert.notEqual(output, "", `${command} says something`);
  }
});

test("quick start: its program runs to its end", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const folder = temporaryFolder(t);
  const [program = ""] = blocks("ts");
  assert.ok(program.includes(SANDBOX_URL));
  const library = import.meta.resolve("@countermand/client");
  const path = join(folder, "program.ts");
  const text = program.replace(SANDBOX_URL, url).replace('"@countermand/client"', `"${library}"`);
  writeFileSync(path, text);
  await import(pathToFileURL(path).href);
});
