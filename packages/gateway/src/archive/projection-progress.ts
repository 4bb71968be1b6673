/**
 * How far each partition is projected, how far it may be, and how far it must be before anything is
 * answered. Owned by the archive's thread.
 */

/** The archive is being built again: until it has caught up, an answer could lack orders. */
export class CatchingUpError extends Error {
  override readonly name = "CatchingUpError";

  constructor() {
    super("it is being built again and has not caught up yet");
  }
}

export class ProjectionProgress {
  readonly #positions = new Map<string, number>();
  readonly #durable = new Map<string, number>();
  readonly #required: Map<string, number>;

  constructor(positions: ReadonlyMap<string, number>, required: ReadonlyMap<string, number>) {
    this.#positions = new Map(positions);
    this.#required = new Map(required);
  }

  /** How far each partition is projected. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  position(partition: string): number {
    return this.#positions.get(partition) ?? 0;
  }

  durable(partition: string): number {
    return this.#durable.get(partition) ?? 0;
  }

  /** Durable events that are not projected. */
  behind(partition: string): number {
    return this.durable(partition) - this.position(partition);
  }

  /** The partition that is most behind; null where none is. */
  mostBehind(): string | null {
    let found: string | null = null;
    let most = 0;
    for (const partition of this.#positions.keys()) {
      const behind = this.behind(partition);
      if (behind <= most) continue;
      most = behind;
      found = partition;
    }
    return found;
  }

  follow(partition: string, durableSeq: number): void {
    raise(this.#durable, partition, durableSeq);
  }

  require(partition: string, seq: number): void {
    raise(this.#required, partition, seq);
  }

  /** What is projected leaves memory, so it is required from then on. */
  projected(partition: string, seq: number): void {
    this.#positions.set(partition, seq);
    raise(this.#required, partition, seq);
  }

  requireCaughtUp(): void {
    for (const [partition, seq] of this.#required) this.requireThrough(partition, seq);
  }

  requireThrough(partition: string, seq: number): void {
    if (this.position(partition) < seq) throw new CatchingUpError();
  }
}

function raise(positions: Map<string, number>, partition: string, seq: number): void {
  if (seq > (positions.get(partition) ?? 0)) positions.set(partition, seq);
}
