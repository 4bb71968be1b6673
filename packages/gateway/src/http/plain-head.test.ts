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

/** The head with one more line, or part of one; nothing that it needs is missing. */
function withLine(line: string): string {
  return HEAD.replace("Host: x\r\n", `Host: x\r\n${line}`);
}

/** Each is left to node:http, whether it refuses it or knows what to make of it. */
const NOT_PLAIN: readonly (readonly [what: string, head: string])[] = [
  ["an empty line first", `\r\n${HEAD}`],
  ["a method in lower case", HEAD.replace("DELETE", "delete")],
  ["a long method", HEAD.replace("DELETE", "PROPFIND")],
  ["no method", HEAD.replace("DELETE", "")],
  ["a digit in a method", HEAD.replace("DELETE", "DELET3")],
  ["a bracket in a method", HEAD.replace("DELETE", "DELET[")],
  ["two spaces", HEAD.replace("DELETE ", "DELETE  ")],
  ["the absolute form", HEAD.replace("/trade", "http://x/trade")],
  ["a fragment", HEAD.replace("?a=b", "#a")],
  ["a byte above ASCII in the target", HEAD.replace("?a=b", "?\xe4")],
  ["a control character in the target", HEAD.replace("?a=b", "?\x01")],
  ["a DEL in the target", HEAD.replace("?a=b", "?\x7f")],
  ["HTTP/1.0", HEAD.replace("HTTP/1.1", "HTTP/1.0")],
  ["HTTP/2.0", HEAD.replace("HTTP/1.1", "HTTP/2.0")],
  ["a bare line feed behind the request line", HEAD.replace("1.1\r\n", "1.1\n")],
  ["a bare line feed behind a header", withLine("A: b\n")],
  ["a bare line feed at the end", `${HEAD.slice(0, -2)}\n`],
  ["a bare carriage return", withLine("A: b\r")],
  ["a carriage return in a value", withLine("A: b\rc\r\n")],
  ["a space before the colon", withLine("A : b\r\n")],
  ["a folded line", withLine("A: b\r\n c\r\n")],
  ["a line without a name", withLine(": b\r\n")],
  ["a line without a colon", withLine("A\r\n")],
  ["a NUL in a value", withLine("A: \0\r\n")],
  ["a NUL for the carriage return", withLine("A: b\0\n")],
  ["a DEL in a value", withLine("A: \x7f\r\n")],
  ["a byte above ASCII in a value", withLine("A: \xe4\r\n")],
  ["a header that is not known twice", withLine("A: b\r\na: b\r\n")],
  ["a header twice", HEAD.replace("Host: x", "Host: x\r\nhost: x")],
  ["two lengths", HEAD.replace("Host: x", "Host: x\r\nContent-Length: 12")],
  ["no host", HEAD.replace("Host: x\r\n", "")],
  ["a negative length", HEAD.replace("12", "-12")],
  ["a signed length", HEAD.replace("12", "+12")],
  ["a list of lengths", HEAD.replace("12", "12, 12")],
  ["a length with zeros before it", HEAD.replace("12", "012")],
  ["a length of nothing", HEAD.replace("12", "")],
  ["a hexadecimal length", HEAD.replace("12", "0x1")],
  ["a letter in a length", HEAD.replace("12", "1a")],
  ["a colon in a length", HEAD.replace("12", "1:")],
  ["an exponent in a length", HEAD.replace("12", "1e1")],
  ["a length above the limit", HEAD.replace("12", "16385")],
  ["a length beyond numbers", HEAD.replace("12", "99999999999999999999")],
  ["chunks", HEAD.replace("Content-Length: 12", "Transfer-Encoding: chunked")],
  ["chunks and a length", HEAD.replace("Host: x", "Host: x\r\nTransfer-Encoding: chunked")],
  ["an unknown coding", HEAD.replace("Host: x", "Host: x\r\nTransfer-Encoding: x")],
  ["an expectation", HEAD.replace("Host: x", "Host: x\r\nExpect: 100-continue")],
  ["an upgrade", HEAD.replace("Host: x", "Host: x\r\nUpgrade: websocket")],
  ["settings of HTTP/2", withLine("HTTP2-Settings: x\r\n")],
  ["how long it is kept", withLine("Keep-Alive: timeout=5\r\n")],
  ["a connection to a proxy", withLine("Proxy-Connection: keep-alive\r\n")],
  ["a cookie as a server sets it", withLine("Set-Cookie: a=b\r\n")],
  ["a coding that it would take", withLine("TE: trailers\r\n")],
  ["an announced trailer", withLine("Trailer: A\r\n")],
  ["a name that node:http drops", HEAD.replace("Host: x", "Host: x\r\n__proto__: x")],
  ["a close", HEAD.replace("Host: x", "Host: x\r\nConnection: close")],
  ["an odd connection", HEAD.replace("Host: x", "Host: x\r\nConnection: keep-alive, TE")],
  ["too many headers", withLines(PLAIN_HEADERS_MAX - 2)],
  ["a head that is a byte too long", ofLength(PLAIN_HEAD_BYTES_MAX + 1)],
];

/** With so many lines more than the three there are. */
function withLines(count: number): string {
  return withLine(Array.from({ length: count }, (_, index) => `A${index}: b\r\n`).join(""));
}

function ofLength(bytes: number): string {
  return withLine(`A: ${"b".repeat(bytes - HEAD.length - "A: \r\n".length)}\r\n`);
}

const PLAIN: readonly (readonly [what: string, head: string])[] = [
  ["the longest method", HEAD.replace("DELETE", "OPTIONS")],
  ["the first and the last letter in a method", HEAD.replace("DELETE", "AZ")],
  ["any visible character in a target", HEAD.replace("?a=b", "?!~")],
  ["the largest body", HEAD.replace("12", "16384")],
  ["no body", HEAD.replace("12", "0")],
  ["the first and the last digit in a length", HEAD.replace("12", "109")],
  ["any visible character in a value", withLine("A: !~\r\n")],
  ["a name of any letters", withLine("AZaz09!~: b\r\n")],
  ["a name longer than any that is known", withLine(`${"A".repeat(40)}: b\r\n`)],
  ["a connection that is kept, in any case", withLine("Connection: Keep-Alive\r\n")],
  ["as many headers as there may be", withLines(PLAIN_HEADERS_MAX - 3)],
  ["as long a head as there may be", ofLength(PLAIN_HEAD_BYTES_MAX)],
];

for (const [what, head] of PLAIN) {
  test(`plain head: ${what} is plain`, () => {
    const found = read(head);
    assert.ok(found !== null && found !== "partial");
    assert.equal(found.headBytes, head.length);
  });
}

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
