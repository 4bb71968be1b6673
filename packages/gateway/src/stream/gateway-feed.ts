/** The feed of a running gateway: recent reports from memory, older ones from the archive. */
import { snapshotEnds } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { OpenScan } from "@countermand/core/desk";
import type { ExecutionReported } from "@countermand/core/model";
import { isWorking } from "@countermand/core/order";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { AccountFeed, StreamMessage } from "./account-feed.ts";
import { SNAPSHOT_ORDERS_PER_STEP } from "./limits.ts";
import type { ReplayTurns } from "./replay-turns.ts";
import type { SnapshotRoom } from "./snapshot-room.ts";
import type { StreamHub } from "./stream-hub.ts";
import { StreamText } from "./stream-text.ts";
import { type StreamView, shows, tagOf, viewed } from "./stream-view.ts";

export interface GatewayFeedOptions {
  readonly view: StreamView;
  readonly hub: StreamHub;
  readonly sequencer: Pick<Sequencer, "read" | "partitions">;
  readonly archive: Pick<OrderArchive, "reports" | "earliestStreamSeq">;
  readonly turns: ReplayTurns;
  readonly room: SnapshotRoom;
}

export class GatewayFeed implements AccountFeed {
  readonly #options: GatewayFeedOptions;
  /** Orders of its snapshot that take up room. */
  #snapshotOrders = 0;

  constructor(options: GatewayFeedOptions) {
    this.#options = options;
  }

  get durableSeq(): number {
    return this.#options.hub.durableSeq(this.#options.view.account);
  }

  recent(afterSeq: number, limit: number): readonly StreamMessage[] | null {
    const { sequencer, view } = this.#options;
    const { recent } = sequencer.partitions;
    const reports = recent.reportsAfter(view.account, afterSeq, this.durableSeq, limit);
    return reports === null ? null : this.#encoded(afterSeq, reports);
  }

  async archived(afterSeq: number, limit: number): Promise<readonly StreamMessage[]> {
    const { archive, view } = this.#options;
    return this.#encoded(afterSeq, await archive.reports(view.account, afterSeq, limit));
  }

  /** Reports that were cut from the journal are nowhere: then the next one is the earliest. */
  async earliestSeq(): Promise<number> {
    const { archive, sequencer, view } = this.#options;
    const archived = await archive.earliestStreamSeq(view.account);
    const held = () => sequencer.partitions.recent.earliestStreamSeq(view.account);
    return archived ?? held() ?? this.durableSeq + 1;
  }

  /** Of one moment: looks through the orders and encodes them bit by bit. */
  async snapshot(): Promise<StreamMessage | null> {
    const { room, sequencer, view } = this.#options;
    const book = this.#book();
    if (!room.take(book.openCount)) return null;
    this.#snapshotOrders = book.openCount;
    const begun = { seq: book.streamSeq, scan: book.scanOpen() };
    const { seq, scan } = await sequencer.read(() => begun);
    const [head, tail] = snapshotEnds(seq, tagOf(view));
    const pieces = await this.#piecesOf(scan);
    return { seq, body: new StreamText([Buffer.from(head), ...pieces, Buffer.from(tail)]) };
  }

  /** Orders are told newest first, and shown oldest first. */
  async #piecesOf(scan: OpenScan): Promise<Buffer[]> {
    const { hub, turns, view } = this.#options;
    const backwards: Buffer[] = [];
    let texts: string[] = [];
    let lookedAtCount = 0;
    const put = () => {
      if (texts.length === 0) return;
      const comma = backwards.length === 0 ? "" : ",";
      backwards.push(Buffer.from(`${texts.reverse().join(",")}${comma}`));
      texts = [];
    };
    for (let order = scan.next(); order !== null; order = scan.next()) {
      // One that was filled while its cancel is pending is in the book still.
      if (isWorking(order) && shows(view, order)) texts.push(hub.orderJson(order, null));
      lookedAtCount += 1;
      if (lookedAtCount % SNAPSHOT_ORDERS_PER_STEP > 0) continue;
      put();
      await turns.next();
    }
    put();
    scan.end();
    return backwards.reverse();
  }

  snapshotGone(): void {
    this.#options.room.giveBack(this.#snapshotOrders);
    this.#snapshotOrders = 0;
  }

  #book() {
    const { sequencer, view } = this.#options;
    const { account } = view;
    const book = sequencer.partitions.deskOf(account).desk.book(account);
    assert(book !== null, "a key's account is open");
    return book;
  }

  #encoded(afterSeq: number, reports: readonly ExecutionReported[]): StreamMessage[] {
    const { hub, view } = this.#options;
    const messages = reports.map((report) => viewed(view, report.order, hub.message(report)));
    for (const [index, { seq }] of messages.entries()) {
      assert(seq === afterSeq + 1 + index, "a replay has no gaps");
      assert(seq <= this.durableSeq, "what is replayed is durable");
    }
    return messages;
  }
}
