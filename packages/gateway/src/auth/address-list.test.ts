import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressList, parseAddressRange } from "./address-list.ts";

test("address list: addresses and ranges of both families", () => {
  const list = new AddressList(["192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "::1"]);
  const inside = ["192.0.2.7", "::ffff:192.0.2.7", "10.255.0.1", "2001:db8:1::9", "::1"];
  for (const address of inside) assert.ok(list.has(address), address);
  const outside = ["192.0.2.8", "11.0.0.1", "2001:db9::1", "::2", "::ffff:11.0.0.1", "", "host"];
  for (const address of outside) assert.ok(!list.has(address), address);
  assert.ok(new AddressList(["fe80::/10"]).has("fe80::1%eth0"));
  for (const odd of ["%", "fe80::1%", "::ffff:999.1.1.1", "192.0.2.7:80"]) list.has(odd);
  assert.ok(new AddressList(["0.0.0.0/0"]).has("203.0.113.1"));
  assert.ok(!new AddressList(["0.0.0.0/0"]).has("2001:db8::1"));
});

test("address list: what is no address or range", () => {
  for (const text of ["192.0.2.7", "10.0.0.0/8", "::/0", "::1/128"]) {
    assert.notEqual(parseAddressRange(text), null, text);
  }
  const wrong = [
    "",
    "10.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "::1/129",
    "10.0.0.0/08",
    "fe80::1%eth0",
  ];
  for (const text of [...wrong, "10.0.0.0/8/8", "localhost", "10.0.0.0/-1"]) {
    assert.equal(parseAddressRange(text), null, text);
  }
});
