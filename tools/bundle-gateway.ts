/**
 * The gateway that the end-to-end tests start, made of the sources as they are, in the form in
 * which it is published (decision 29), because that one starts in two thirds of the time. Only the
 * launcher runs this, before the tests; nothing else may start what it writes.
 *
 *   node tools/bundle-gateway.ts FOLDER
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { bundleNode } from "./bundle-node.ts";

const PACKAGE = join(import.meta.dirname, "..", "packages", "gateway");

const OWN_SCOPE = "@countermand/";

/** A thread, as its maker names it. */
const THREAD = /new URL\("(\.[^"]*\/)([^"/]+)\.ts", import\.meta\.url\)/g;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node tools/bundle-gateway.ts FOLDER");

const files = readdirSync(join(PACKAGE, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const sources = files.filter((file) => /(?<!\.test|-fixture)\.ts$/.test(file));
const threads = sources.flatMap((file) => {
  const made = [...readFileSync(file, "utf8").matchAll(THREAD)];
  return made.map(([, path = "", name = ""]) => join(dirname(file), path, `${name}.ts`));
});
const { dependencies }: { dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(PACKAGE, "package.json"), "utf8"),
);
const external = Object.keys(dependencies).filter((name) => !name.startsWith(OWN_SCOPE));
const bundle = bundleNode([join(PACKAGE, "src", "main.ts"), ...threads], external, folder);
const contents = new Map<string, string | Buffer>(
  bundle.map(({ path, text }) => [
    basename(path),
    text.replace(THREAD, 'new URL("./$2.js", import.meta.url)'),
  ]),
);
// Assets go where the code that looks for them has gone.
for (const file of files) {
  if (file.endsWith(".mjs")) contents.set(basename(file), readFileSync(file));
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, content] of contents) writeFileSync(join(folder, name), content);
