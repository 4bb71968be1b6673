import assert from "node:assert/strict";
import { test } from "node:test";
import { PLAIN_HEAD_BYTES_MAX, PLAIN_HEADERS_MAX } from "./limits.ts";
import { readPlainHead } from "./plain-head.ts";

const LINE = "DELETE /trade/v1/orders?a=b HTTP/1.1\r\n";
const HEAD = `${LINE}Host: x\r\nContent-Length: 12\r\nX-API-Key: \t k 1\t \r\n\r\n`;

function read(text: string) {
  return readPlainHead(Buffer.from(text, "latin1"));
}

test("plain head: is read with its headers, trimmed and in lower case", () => {
  const head = read(`${HEAD}{"order_no":`);
  assert.ok(head !== null && head !== "partial");
  assert.deepEqual(
    [head.method, head.url, head.headBytes, head.bodyBytes],
    ["DELETE", "/trade/v1/orders?a=b", HEAD.length, 12],
  );
  assert.deepEqual({ ...head.headers }, { host: "x", "content-length": "12", "x-api-key": "k 1" });
});

test("plain head: cut anywhere it is partial", () => {
  for (let length = 0; length < HEAD.length; length += 1) {
    assert.equal(read(HEAD.slice(0, length)), "partial", `${length} bytes`);
  }
});

/** Each is left to node:http, whether it refuses it or knows what to make of it. */
const NOT_PLAIN: readonly (readonly [what: string, head: string])[] = [
  ["an empty line first", `\r\n${HEAD}`],
  ["a method in lower case", HEAD.replace("DELETE", "delete")],
  ["a long method", HEAD.replace("DELETE", "PROPFIND")],
  ["no method", HEAD.replace("DELETE", "")],
  ["two spaces", HEAD.replace("DELETE ", "DELETE  ")],
  ["the absolute form", HEAD.replace("/trade", "http://x/trade")],
  ["a fragment", HEAD.replace("?a=b", "#a")],
  ["a byte above ASCII in the target", HEAD.replace("?a=b", "?\xe4")],
  ["a control character in the target", HEAD.replace("?a=b", "?\x01")],
  ["HTTP/1.0", HEAD.replace("HTTP/1.1", "HTTP/1.0")],
  ["HTTP/2.0", HEAD.replace("HTTP/1.1", "HTTP/2.0")],
  ["a bare line feed behind the request line", HEAD.replace("1.1\r\n", "1.1\n")],
  ["a bare line feed behind a header", HEAD.replace("Host: x\r\n", "Host: x\n")],
  ["a bare line feed at the end", `${HEAD.slice(0, -2)}\n`],
  ["a bare carriage return", HEAD.replace("Host: x\r\n", "Host: x\r")],
  ["a carriage return in a value", HEAD.replace("Host: x", "Host: x\ry")],
  ["a space before the colon", HEAD.replace("Host:", "Host :")],
  ["a folded line", HEAD.replace("Host: x", "Host: x\r\n y")],
  ["a line without a name", HEAD.replace("Host", "")],
  ["a line without a colon", HEAD.replace("Host: x", "Host")],
  ["a NUL in a value", HEAD.replace("Host: x", "Host: \0")],
  ["a byte above ASCII in a value", HEAD.replace("Host: x", "Host: \xe4")],
  ["a header twice", HEAD.replace("Host: x", "Host: x\r\nhost: x")],
  ["two lengths", HEAD.replace("Host: x", "Host: x\r\nContent-Length: 12")],
  ["no host", HEAD.replace("Host: x\r\n", "")],
  ["a negative length", HEAD.replace("12", "-12")],
  ["a signed length", HEAD.replace("12", "+12")],
  ["a list of lengths", HEAD.replace("12", "12, 12")],
  ["a length with zeros before it", HEAD.replace("12", "012")],
  ["a length of nothing", HEAD.replace("12", "")],
  ["a hexadecimal length", HEAD.replace("12", "0x1")],
  ["a length above the limit", HEAD.replace("12", "16385")],
  ["a length beyond numbers", HEAD.replace("12", "99999999999999999999")],
  ["chunks", HEAD.replace("Content-Length: 12", "Transfer-Encoding: chunked")],
  ["chunks and a length", HEAD.replace("Host: x", "Host: x\r\nTransfer-Encoding: chunked")],
  ["an unknown coding", HEAD.replace("Host: x", "Host: x\r\nTransfer-Encoding: x")],
  ["an expectation", HEAD.replace("Host: x", "Host: x\r\nExpect: 100-continue")],
  ["an upgrade", HEAD.replace("Host: x", "Host: x\r\nUpgrade: websocket")],
  ["a name that node:http drops", HEAD.replace("Host: x", "Host: x\r\n__proto__: x")],
  ["a close", HEAD.replace("Host: x", "Host: x\r\nConnection: close")],
  ["an odd connection", HEAD.replace("Host: x", "Host: x\r\nConnection: keep-alive, TE")],
  ["too many headers", HEAD.replace("Host: x", `Host: x${"\r\nA: b".repeat(PLAIN_HEADERS_MAX)}`)],
  ["a long head", HEAD.replace("Host: x", `Host: ${"x".repeat(PLAIN_HEAD_BYTES_MAX)}`)],
];

for (const [what, head] of NOT_PLAIN) {
  test(`plain head: ${what} is not plain`, () => {
    assert.notEqual(head, HEAD);
    assert.equal(read(head), null);
  });
}

test("plain head: names that JavaScript gives a meaning are names", () => {
  const head = read(HEAD.replace("Host: x", "Host: x\r\nconstructor: a\r\ntoString: b"));
  assert.ok(head !== null && head !== "partial");
  assert.deepEqual(Object.keys(head.headers).slice(1, 3), ["constructor", "tostring"]);
});
