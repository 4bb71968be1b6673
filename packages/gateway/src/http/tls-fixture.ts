/** A certificate for tests, made by openssl. */
import { spawnSync } from "node:child_process";
import type { TlsFiles } from "../secret-settings.ts";

export function selfSigned(): TlsFiles {
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-nodes", "-newkey", "ed25519", "-subj", "/CN=localhost"],
    ...["-keyout", "-", "-out", "-"],
  ]);
  const text = made.stdout.toString("latin1");
  return { key: text.slice(0, text.indexOf("-----BEGIN CERT")), cert: text };
}
