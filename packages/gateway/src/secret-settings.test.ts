/** What a start or a reload finds in the files of TLS while somebody is renewing them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { tlsOf } from "./secret-settings.ts";

interface Pair {
  readonly cert: string;
  readonly key: string;
}

const EC = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

function made(algorithm: readonly string[]): Pair {
  const form = ["req", "-x509", "-nodes", "-subj", "/CN=localhost", "-keyout", "-", "-out", "-"];
  const { stdout } = spawnSync("openssl", [...form, "-newkey", ...algorithm]);
  const text = stdout.toString("latin1");
  const begins = text.indexOf("-----BEGIN CERTIFICATE");
  return { key: text.slice(0, begins).trim(), cert: text.slice(begins).trim() };
}

const ec = made(EC);
const rsa = made(["rsa:2048"]);

function problemOf(cert: string, key: string): string | null {
  const tls = tlsOf(cert, key);
  return tls !== null && "message" in tls ? tls.message : null;
}

test("TLS files: a key of another kind than the certificate's is refused", () => {
  assert.equal(problemOf(ec.cert, ec.key), null);
  assert.equal(problemOf(rsa.cert, rsa.key), null);
  for (const [cert, key] of [
    [ec.cert, rsa.key],
    [rsa.cert, ec.key],
    [ec.cert, made(EC).key],
  ] as const) {
    assert.match(problemOf(cert, key) ?? "", /_CERT_FILE and .*_KEY_FILE do not fit together/);
  }
});

test("TLS files: a chain that is half written is refused, wherever it ends", () => {
  const chain = `${ec.cert}\n${rsa.cert}`;
  const taken: number[] = [];
  for (let length = 1; length <= chain.length; length += 1) {
    if (problemOf(chain.slice(0, length).trim(), ec.key) === null) taken.push(length);
  }
  const whole = [ec.cert.length, ec.cert.length + 1, chain.length];
  assert.deepEqual(taken, whole, "it ends behind a certificate");
});

test("TLS files: a key that is half written is refused, wherever it ends", () => {
  for (let length = 1; length < ec.key.length; length += 1) {
    assert.notEqual(problemOf(ec.cert, ec.key.slice(0, length).trim()), null, String(length));
  }
});

test("TLS files: what openssl writes around certificate and key does not matter", () => {
  const parameters = spawnSync("openssl", ["ecparam", "-name", "prime256v1"]).stdout.toString();
  const text = spawnSync("openssl", ["x509", "-text"], { input: ec.cert }).stdout.toString();
  assert.match(text, /^Certificate:/);
  const chain = `Bag Attributes: <No Attributes>\n${text}\n${rsa.cert}`;
  assert.equal(problemOf(chain, `${parameters}${ec.key}`), null);
  assert.equal(problemOf(`${ec.key}\n${ec.cert}`, ec.key), null, "both in one file");
  const dos = chain.replaceAll("-----\n", "----- \n").replaceAll("\n", "\r\n");
  assert.equal(problemOf(dos, ec.key), null, "blanks and carriage returns at the ends of lines");
  const lock = ["ec", "-aes128", "-passout", "pass:secret"];
  const locked = spawnSync("openssl", lock, { input: ec.key }).stdout.toString();
  assert.match(locked, /DEK-Info: AES-128-CBC/);
  assert.match(problemOf(ec.cert, locked.trim()) ?? "", /do not fit together: /);
});
