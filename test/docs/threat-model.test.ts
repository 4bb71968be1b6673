// Every threat of the page is met by a file and a test that exist.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { page, ROOT, tableRows } from "./pages.ts";

const PATH = /^(?:packages|test|bench|deploy|docs)\/\S+$/;

test("threat model: what meets a threat exists, and so does its test", () => {
  const text = page("docs/concepts/threat-model.md");
  const threats = tableRows(text.slice(text.indexOf("## Threats")));
  assert.ok(threats.length > 20, "the tables were read");
  const names = testNames();
  for (const [threat = "", met = "", tests = ""] of threats) {
    for (const path of spans(met).filter((span) => PATH.test(span))) assertFile(path, threat);
    const named = spans(tests);
    assert.ok(named.length > 0, `no test of: ${threat}`);
    for (const name of named) {
      if (PATH.test(name)) assertFile(name, threat);
      else assert.ok(names.has(name), `no test "${name}" of: ${threat}`);
    }
  }
});

function assertFile(path: string, threat: string): void {
  assert.ok(existsSync(join(ROOT, path)), `no file ${path} of: ${threat}`);
}

function spans(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
}

/** As they are written in the tests; one for each value where a name has a part that varies. */
function testNames(): Set<string> {
  const files = globSync("{packages,test}/**/*.test.ts", {
    cwd: ROOT,
    exclude: ["**/node_modules/**"],
  });
  const names = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [...text.matchAll(/\btest\(\s*(["`])(.+?)\1/g)].map(([, , name = ""]) => name);
  });
  return new Set(
    names.flatMap((name) => ["commands", "market"].map((each) => name.replace(/\$\{name\}/, each))),
  );
}
