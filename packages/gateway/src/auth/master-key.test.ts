import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { SettingFault } from "../setting.ts";
import { MasterKey, readMasterKey } from "./master-key.ts";

const KEY = new MasterKey(Buffer.alloc(32, 1));

test("master key: what it sealed it opens, for the same API key", () => {
  const sealed = KEY.seal("k1", "secret");
  assert.equal(KEY.unseal("k1", sealed), "secret");
  assert.equal(KEY.unseal("k2", sealed), null);
  assert.equal(new MasterKey(Buffer.alloc(32, 2)).unseal("k1", sealed), null);
  assert.notEqual(KEY.seal("k1", "secret"), sealed);
  assert.ok(!sealed.includes(Buffer.from("secret").toString("base64url")));
});

test("master key: nothing that was changed is opened", () => {
  const sealed = KEY.seal("k1", "secret");
  const [form = "", id = "", content = ""] = sealed.split(".");
  const bytes = Buffer.from(content, "base64url");
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.equal(KEY.unseal("k1", `${form}.${id}.${changed.toString("base64url")}`), null);
  }
  const broken = ["", ".", "1", `${form}.${id}.`, `${form}.${id}.AAAA`, `2.${id}.${content}`];
  for (const text of broken) assert.equal(KEY.unseal("k1", text), null, text);
});

test("master key: the setting is 32 bytes in Base64, and is never printed", () => {
  const text = Buffer.alloc(32, 7).toString("base64");
  const read = readMasterKey(text);
  assert.ok(read instanceof MasterKey);
  const printed = inspect(read, { showHidden: true, depth: 9 }) + JSON.stringify(read);
  assert.ok(!printed.includes(text) && !printed.includes("07 07") && !printed.includes("0707"));
  assert.equal(readMasterKey(""), null);
  for (const wrong of ["AAAA", text.slice(0, -1), `${text}A`, "07".repeat(32)]) {
    const fault = readMasterKey(wrong);
    assert.ok(fault instanceof SettingFault && !fault.message.includes(wrong), wrong);
  }
});
