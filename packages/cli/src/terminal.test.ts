import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { confirm, print, printJson, readHidden, type Terminal, tell } from "./terminal.ts";

/** A terminal whose person types this. */
function typing(text: string) {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
  });
  const output = new PassThrough();
  const errors = Object.assign(new PassThrough(), { isTTY: true });
  const stopped = new AbortController().signal;
  const terminal: Terminal = { input, output, errors, environment: {}, stopped };
  setImmediate(() => input.write(text));
  return { terminal, modes, seen: () => String(errors.read() ?? "") + String(output.read() ?? "") };
}

test("terminal: a secret is read without being shown, and the terminal is as it was", async () => {
  const { terminal, modes, seen } = typing("s3cret\rmore");
  assert.equal(await readHidden(terminal, "Secret: ", () => true), "s3cret\n");
  assert.equal(seen(), "Secret: \n");
  assert.deepEqual(modes, [true, false]);
});

test("terminal: only a yes is a yes", async () => {
  await confirm(typing("y\n").terminal, "Really?", false);
  for (const answer of ["\n", "n\n", "\u0003", "\u0004"]) {
    await assert.rejects(confirm(typing(answer).terminal, "Really?", false), /Not done/);
  }
});

test("terminal: what others have written is shown and not obeyed", () => {
  const { terminal, seen } = typing("");
  const hostile = "\u001b[2J\u009b31m\rok\u202eko\u007f";
  const shown = "\\u001b[2J\\u009b31m\\u000dok\\u202eko\\u007f";
  print(terminal, [`a\t${hostile}`, "b"]);
  assert.equal(seen(), `a\t${shown}\nb\n`);
  tell(terminal, hostile);
  assert.equal(seen(), `${shown}\n`);
  printJson(terminal, { text: hostile });
  const written = seen();
  assert.doesNotMatch(written.trimEnd(), /\p{Cc}/u);
  assert.deepEqual(JSON.parse(written), { text: hostile });
});
