// Every value that the client library exports, and every method of its client, is documented with
// an example, and the examples run.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import * as library from "../../packages/client/src/index.ts";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { BUY_REQUEST } from "../e2e/wire-orders.ts";
import { page } from "./pages.ts";

const SOURCES = join(import.meta.dirname, "..", "..", "packages", "client", "src");
const LIBRARY = pathToFileURL(join(SOURCES, "index.ts")).href;

interface Documented {
  readonly name: string;
  /** Code of the example; null where there is none. */
  readonly example: string | null;
}

/** A doc comment, and the line that begins what it speaks of. */
const DOCUMENTED = new RegExp(
  String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\n *` +
    String.raw`(?:export )?(?:class |function |const |get |async \*?|)([A-Za-z_]\w*)`,
  "g",
);

function documentedIn(text: string): Documented[] {
  return [...text.matchAll(DOCUMENTED)].map(([, comment = "", name = ""]) => {
    const lines = comment.split("\n").map((line) => line.replace(/^\s*\* ?/, ""));
    const start = lines.indexOf("@example");
    return { name, example: start === -1 ? null : lines.slice(start + 1).join("\n") };
  });
}

const EXAMPLES = readdirSync(SOURCES)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "wire.ts")
  .flatMap((file) => documentedIn(readFileSync(join(SOURCES, file), "utf8")))
  .filter(({ example }) => example !== null);

test("client examples: every exported value and every method of the client has one", () => {
  const methods = Object.getOwnPropertyNames(library.CountermandClient.prototype);
  const wanted = [...Object.keys(library), ...methods.filter((name) => name !== "constructor")];
  const have = new Set(EXAMPLES.map(({ name }) => name));
  assert.deepEqual(
    wanted.filter((name) => !have.has(name)),
    [],
  );
});

test("client examples: the README names every call, failure and event", () => {
  const readme = page("packages/client/README.md");
  const methods = Object.getOwnPropertyNames(library.CountermandClient.prototype);
  const failures = Object.keys(library).filter((name) => name.endsWith("Error"));
  const events = [
    ...eventsIn("order-stream.ts", "StreamEvent"),
    ...eventsIn("market-stream.ts", "MarketEvent"),
  ];
  const names = [...methods, ...failures, ...events];
  assert.ok(names.length > 45, "there is something to compare with");
  const missing = names.filter((name) => {
    return name !== "constructor" && !new RegExp(`\`${name}[\`(]`).test(readme);
  });
  assert.deepEqual(missing, []);
});

/** The types of events of a stream. */
function eventsIn(file: string, name: string): string[] {
  const [, union = ""] = readFileSync(join(SOURCES, file), "utf8").split(`export type ${name}`);
  const [own = ""] = union.split(/^(?:export )?type /m);
  return [...own.matchAll(/readonly type: "(\w+)"/g)].map(([, type = ""]) => type);
}

test("client examples: the README's programs run to their end", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const folder = temporaryFolder(t);
  const blocks = page("packages/client/README.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm);
  const programs = [...blocks]
    .map(([, text = ""]) => text)
    .filter((text) => text.includes("new CountermandClient"));
  assert.equal(programs.length, 3);
  for (const [index, program] of programs.entries()) {
    const path = join(folder, `${index}.ts`);
    const text = program
      .replace("http://127.0.0.1:8080", url)
      .replace('"@countermand/client"', JSON.stringify(LIBRARY));
    writeFileSync(path, text);
    await import(pathToFileURL(path).href);
  }
  const credentials = { apiKey: "demo-key", secret: "demo-secret" };
  const client = new library.CountermandClient({ baseUrl: url, credentials });
  const { orders } = await client.orders();
  assert.deepEqual(
    orders.map(({ order_status }) => order_status),
    ["can", "can"],
  );
});

test("client examples: all of them run", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const folder = temporaryFolder(t);
  for (const [index, documented] of EXAMPLES.entries()) {
    const path = join(folder, `${index}-${documented.name}.mjs`);
    await runExample(t, documented, path, url);
  }
});

type Example = (
  client: library.CountermandClient,
  buy: library.PlaceRequest,
  url: string,
) => Promise<void>;

async function runExample(
  t: TestContext,
  { name, example }: Documented,
  path: string,
  url: string,
): Promise<void> {
  const text = `import assert from "node:assert/strict";
import { ${Object.keys(library).join(", ")} } from ${JSON.stringify(LIBRARY)};
export async function run(client, buy, url) {
${example}
}
`;
  writeFileSync(path, text);
  const { run } = (await import(pathToFileURL(path).href)) as { readonly run: Example };
  const credentials = { apiKey: "demo-key", secret: "demo-secret" };
  const client = new library.CountermandClient({ baseUrl: url, credentials });
  await t.test(`${name}: the example runs`, () => run(client, BUY_REQUEST, url));
}
