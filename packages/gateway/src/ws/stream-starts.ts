/** Where the stream of each account begins that a handshake asks for. */
import { type Fault, fault, type StreamPosition, type StreamQuery } from "@countermand/contract";
import type { Account } from "@countermand/core/model";
import type { Histories } from "../stream/histories.ts";
import type { StreamStart } from "../stream/stream-session.ts";

/** One that `after_seq` does not name begins with what comes. */
export function streamStarts(
  accounts: readonly Account[],
  { after, afters, snapshot }: StreamQuery,
  histories: Pick<Histories, "sharedSeq">,
): ReadonlyMap<Account, StreamStart> | Fault {
  if (after !== undefined && accounts.length > 1) {
    const details = "a drop copy begins after_seq=ACCOUNT:N,ACCOUNT:N";
    return fault("INVALID_STREAM_PARAMETER", details);
  }
  for (const account of afters?.keys() ?? []) {
    if (!accounts.some((each) => each === account)) {
      return fault("INVALID_STREAM_PARAMETER", "after_seq names an account that is not the key's");
    }
  }
  const latest: StreamStart = { from: snapshot ? "snapshot" : "latest" };
  return new Map(
    accounts.map((account) => {
      const position = afters?.get(account) ?? after;
      return [account, position === undefined ? latest : startAt(account, position, histories)];
    }),
  );
}

/** What a reader has seen of a history must be what this gateway's past has in common with it. */
function startAt(
  account: Account,
  { seq, history }: StreamPosition,
  histories: Pick<Histories, "sharedSeq">,
): StreamStart {
  const sharedSeq = history === null ? seq : histories.sharedSeq(history, account);
  const isOurs = sharedSeq !== null && seq <= sharedSeq;
  return { from: isOurs ? "seq" : "elsewhere", afterSeq: seq };
}
