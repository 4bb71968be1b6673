/**
 * `npm run load`: how much the gateway bears, each with its figures beside their targets. Usage and
 * exit codes are those of the runner.
 */
import { runProofs } from "../../test/e2e/proof-runner.ts";
import { RECONNECT } from "./reconnect.ts";
import { SLOW_READER } from "./slow-reader.ts";
import { SOAK } from "./soak.ts";
import { SOCKETS } from "./sockets.ts";

process.exitCode = await runProofs("load", [SOCKETS, SLOW_READER, RECONNECT, SOAK]);
