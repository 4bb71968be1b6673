/**
 * `npm run crash`: proofs about crashes and disks that anyone can run, each with its figures beside
 * their targets. Usage and exit codes are those of the runner.
 */
import { runProofs } from "../proof-runner.ts";
import { BACKUP } from "./backup-proof.ts";
import { BIT_FLIPS } from "./bit-flips.ts";
import { CLOCK_JUMP } from "./clock-jump.ts";
import { DEAD_MAN } from "./dead-man-proof.ts";
import { DISK_FULL_PROOF, QUOTA_PROOF } from "./disk-full.ts";
import { FAILING_DISK } from "./failing-disk.ts";
import { KILL_LOOP } from "./kill-loop.ts";
import { KILL_SWITCH } from "./kill-switch.ts";
import type { Proof } from "./proof.ts";
import { REPLAY } from "./replay.ts";
import { SHORT_WRITES } from "./short-writes.ts";
import { SILENT_DISK } from "./silent-disk.ts";
import { SYNC_ORDER } from "./sync-order.ts";
import { TORN_WRITES } from "./torn-writes.ts";

const PROOFS: readonly Proof[] = [
  KILL_LOOP,
  SYNC_ORDER,
  TORN_WRITES,
  BIT_FLIPS,
  FAILING_DISK,
  SHORT_WRITES,
  DISK_FULL_PROOF,
  QUOTA_PROOF,
  SILENT_DISK,
  REPLAY,
  BACKUP,
  CLOCK_JUMP,
  KILL_SWITCH,
  DEAD_MAN,
];

process.exitCode = await runProofs("crash", PROOFS);
