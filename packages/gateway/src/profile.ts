/**
 * What a gateway is run for. The sandbox has public keys, simulated traders and a clock that can be
 * set, and keeps to loopback for it; production has none of these and does not start unsafe.
 */
import { decodeControlEvent } from "@countermand/core/control";
import type { JournalInspection } from "./journal/inspect.ts";
import { JournalReader } from "./journal/journal-reader.ts";
import { CONTROL_PARTITION } from "./sequencer/control-partition.ts";

export const PROFILES = ["sandbox", "production"] as const;
export type Profile = (typeof PROFILES)[number];

interface Checked {
  readonly profile: Profile;
  readonly host: string;
  /** Whether the sandbox has its public keys. */
  readonly sandboxKeys: "demo" | "random";
  readonly operatorHost: string;
  readonly operatorToken: string | null;
  /** Whether a certificate is named, good or not. */
  readonly namesTls: boolean;
  readonly behindProxy: "on" | "off";
  readonly clientAddressHeader: string | null;
  readonly sandboxMarket: "on" | "off";
}

/** Every combination of settings that is not safe, a sentence each. */
export function profileFaults(config: Checked): string[] {
  const faults = config.profile === "sandbox" ? sandboxFaults(config) : productionFaults(config);
  if (config.clientAddressHeader !== null && config.behindProxy === "off") {
    faults.push(
      "COUNTERMAND_CLIENT_ADDRESS_HEADER: anybody could send it: it is taken from a proxy only, " +
        "which COUNTERMAND_BEHIND_PROXY=on states",
    );
  }
  return faults;
}

function sandboxFaults({ host, operatorHost, sandboxKeys }: Checked): string[] {
  const faults: string[] = [];
  if (!isLoopback(host) && sandboxKeys === "demo") {
    faults.push(
      `COUNTERMAND_HOST="${host}": the sandbox has fixed, public demo keys and listens on ` +
        "loopback only: use 127.0.0.1 or ::1, or COUNTERMAND_SANDBOX_KEYS=random",
    );
  }
  if (!isLoopback(operatorHost)) {
    faults.push(
      `COUNTERMAND_OPERATOR_HOST="${operatorHost}": the sandbox listens on loopback only: ` +
        "use 127.0.0.1 or ::1",
    );
  }
  return faults;
}

function productionFaults(config: Checked): string[] {
  const faults: string[] = [];
  const isSealed = config.namesTls || config.behindProxy !== "off";
  if (!isSealed) {
    faults.push(
      "COUNTERMAND_PROFILE=production: requests would travel in the clear: set " +
        "COUNTERMAND_TLS_CERT_FILE and COUNTERMAND_TLS_KEY_FILE, or COUNTERMAND_BEHIND_PROXY=on " +
        "where a proxy in front of the gateway has TLS",
    );
  }
  if (config.operatorToken === null) {
    faults.push(
      "COUNTERMAND_PROFILE=production: nobody could stop it: set COUNTERMAND_OPERATOR_TOKEN_FILE",
    );
  }
  if (config.sandboxMarket === "on") {
    faults.push("COUNTERMAND_SANDBOX_MARKET=on: production has no simulated traders: leave it out");
  }
  return faults;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** A journal was begun for something else. */
class ProfileMismatchError extends Error {
  override readonly name = "ProfileMismatchError";
  readonly code = "PROFILE_MISMATCH";
}

/**
 * What was begun in the sandbox has money of its own making and accounts that public keys opened;
 * what was begun in production must never get them.
 * @throws ProfileMismatchError
 */
export function requireSameProfile(
  dataDir: string,
  { partitions }: JournalInspection,
  profile: Profile,
): void {
  const isNew = [...partitions.values()].every(({ lastSeq }) => lastSeq === 0);
  if (isNew) return;
  const begun = begunProfile(dataDir);
  if (begun === profile) return;
  throw new ProfileMismatchError(
    `COUNTERMAND_PROFILE is ${profile}, but ${dataDir} was begun with ${begun}: ` +
      "set that, or take another COUNTERMAND_DATA_DIR",
  );
}

/** A profile that is not said is the sandbox. */
function begunProfile(dataDir: string): Profile {
  const reader = new JournalReader(dataDir);
  try {
    const [first] = reader.read(CONTROL_PARTITION, 0, 1);
    const event = first === undefined ? null : decodeControlEvent(first.payload);
    return event?.type === "ProfileBegan" ? event.profile : "sandbox";
  } finally {
    reader.close();
  }
}
