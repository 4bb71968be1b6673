/**
 * `npm run crash`: proofs about crashes and disks that anyone can run, each with its figures beside
 * their targets.
 *
 *   npm run crash                        all of them, in their short form
 *   npm run crash -- kill torn --long    some, with the counts that are named as targets
 *   npm run crash -- --list              what there is
 *
 * Exit code 0: all figures hold. 1: one does not, or a proof broke off. 2: no such proof. 3: what
 * could run holds, but this machine lacks what some need; they are named and not counted as passed.
 */
import { runProofs } from "../proof-runner.ts";
import { BIT_FLIPS } from "./bit-flips.ts";
import { DISK_FULL_PROOF } from "./disk-full.ts";
import { KILL_LOOP } from "./kill-loop.ts";
import type { Proof } from "./proof.ts";
import { SYNC_ORDER } from "./sync-order.ts";
import { TORN_WRITES } from "./torn-writes.ts";

const PROOFS: readonly Proof[] = [KILL_LOOP, SYNC_ORDER, TORN_WRITES, BIT_FLIPS, DISK_FULL_PROOF];

process.exitCode = await runProofs("crash", PROOFS);
