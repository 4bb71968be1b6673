/**
 * `npm run hostile`: what an enemy may send, each with its figures beside their targets. Usage and
 * exit codes are those of the runner.
 */
import { runProofs } from "../e2e/proof-runner.ts";
import { FUZZ, FUZZ_DECODERS, JSON_TEXTS } from "./fuzz-proofs.ts";
import { MIXED, SLOW_CLIENTS, SMUGGLING } from "./http-proofs.ts";
import { PACKAGES } from "./packages-proof.ts";
import { WEB_SOCKETS } from "./web-socket-proof.ts";

const PROOFS = [
  SMUGGLING,
  MIXED,
  SLOW_CLIENTS,
  JSON_TEXTS,
  FUZZ,
  FUZZ_DECODERS,
  WEB_SOCKETS,
  PACKAGES,
];

process.exitCode = await runProofs("hostile", PROOFS);
