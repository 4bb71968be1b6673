/** The addresses that a key's requests may come from: single ones and ranges, IPv4 and IPv6. */
import { BlockList, isIP } from "node:net";

interface AddressRange {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  readonly prefixBits: number;
}

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** An address, or one with `/` and the bits that count; null for anything else. */
export function parseAddressRange(text: string): AddressRange | null {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  // A zone names an interface of one machine: it says nothing about a peer.
  if (version === 0 || rest.length > 0 || address.includes("%")) return null;
  const bitsMax = version === 4 ? 32 : 128;
  const family = version === 4 ? "ipv4" : "ipv6";
  if (bits === undefined) return { address, family, prefixBits: bitsMax };
  const prefixBits = /^(?:0|[1-9]\d{0,2})$/.test(bits) ? Number(bits) : Number.NaN;
  return prefixBits <= bitsMax ? { address, family, prefixBits } : null;
}

export class AddressList {
  readonly #list = new BlockList();

  /** Precondition: {@link parseAddressRange} takes each of them. */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const range = parseAddressRange(text);
      if (range !== null) this.#list.addSubnet(range.address, range.prefixBits, range.family);
    }
  }

  /** A peer's address as its socket gives it. */
  has(address: string): boolean {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 4 ? "ipv4" : "ipv6");
  }
}

/**
 * What one sender has as a rule: an IPv4 address, or the first half of an IPv6 address, within
 * which it may send from any. Anything else stays as it is.
 */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = "", tail] = plain.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  // The last two groups may be written as an IPv4 address.
  const behindCount = behind.length + (behind.at(-1)?.includes(".") === true ? 1 : 0);
  const left = tail === undefined ? 0 : 8 - groups.length - behindCount;
  const all = [...groups, ...Array<string>(left).fill("0"), ...behind];
  const first = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${first.join(":")}::/64`;
}

/**
 * A listener of both families shows an IPv4 peer as an IPv6 address, and one on the same link with
 * the name of an interface behind it.
 */
function plainAddress(address: string): string {
  const [unzoned = ""] = address.split("%", 1);
  return MAPPED.exec(unzoned)?.[1] ?? unzoned;
}
