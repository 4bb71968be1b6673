import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressList, networkOf, parseAddressRange } from "./address-list.ts";

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

test("address list: the network of a sender, however its address is written", () => {
  const cases = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:7:1:a:b:c:d", "2001:db8:7:1::/64"],
    ["2001:0DB8:0007:1::9", "2001:db8:7:1::/64"],
    ["2001:db8::1:2:3:4", "2001:db8:0:0::/64"],
    ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1::", "1:0:0:0::/64"],
    ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
    ["1:2:3::5:6:192.0.2.7", "1:2:3:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
  ] as const;
  for (const [address, network] of cases) assert.equal(networkOf(address), network, address);
});
