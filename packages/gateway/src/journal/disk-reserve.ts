/**
 * Room on the disk for what must go on when the disk is full: cancels, the safety nets, the kill
 * switch. A file of bytes without a meaning, which is cut shorter whenever the journal finds no
 * room and grows again when there is. Owned by the journal's thread.
 *
 * It is never synced: what matters is that its blocks are taken, and a start looks again.
 */
import { randomFillSync } from "node:crypto";
import { fileBytes, freeBytes, growFile, isNoRoom, removeFile, shrinkFile } from "../sys/disk.ts";
import { RESERVE_SLICE_BYTES } from "./limits.ts";

export class DiskReserve {
  readonly #folder: string;
  readonly #file: string;
  readonly #wholeBytes: number;
  readonly #growFile: typeof growFile;
  #heldBytes: number;
  #slice: Uint8Array | null = null;

  /**
   * Looks at what is there. `wholeBytes` is what it is to hold; 0 is no reserve. `grow` is for
   * tests.
   */
  constructor(folder: string, file: string, wholeBytes: number, grow = growFile) {
    this.#folder = folder;
    this.#file = file;
    this.#wholeBytes = wholeBytes;
    this.#growFile = grow;
    this.#heldBytes = fileBytes(file) ?? 0;
    if (this.#heldBytes > wholeBytes) this.#shrinkTo(wholeBytes);
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isWhole(): boolean {
    return this.#heldBytes === this.#wholeBytes;
  }

  /** Gives a slice back to the disk. False: there is nothing left to give. */
  makeRoom(): boolean {
    this.#look();
    if (this.#heldBytes === 0) return false;
    this.#shrinkTo(Math.max(0, this.#heldBytes - RESERVE_SLICE_BYTES));
    return true;
  }

  /** Whether there is not even room for as much as a slice. */
  hasNoRoom(): boolean {
    return !this.#canTake(RESERVE_SLICE_BYTES);
  }

  /** Gives until so many bytes can be written, or nothing is left. */
  makeRoomFor(bytes: number): void {
    // Each slice is looked at anew: somebody else may be freeing or filling the disk.
    while (this.#heldBytes > 0 && !this.#hasRoomFor(bytes)) this.makeRoom();
  }

  /**
   * Takes what is missing, if as much as the whole reserve stays free behind it: a disk that is
   * nearly full would be full again at once. Whether it is whole now.
   */
  refill(): boolean {
    this.#look();
    if (this.isWhole) return true;
    const missing = this.#wholeBytes - this.#heldBytes;
    if (freeBytes(this.#folder) < missing + this.#wholeBytes) return false;
    try {
      while (!this.isWhole) this.#grow();
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.#heldBytes = fileBytes(this.#file) ?? 0;
    }
    return this.isWhole;
  }

  /** A person short of room may have removed the file, or cut it. */
  #look(): void {
    this.#heldBytes = Math.min(this.#heldBytes, fileBytes(this.#file) ?? 0);
  }

  #hasRoomFor(bytes: number): boolean {
    return freeBytes(this.#folder) >= bytes && this.#canTake(bytes);
  }

  /**
   * Whether so much can be written: it is tried and taken back, because of a quota nobody says how
   * much of it is left.
   */
  #canTake(bytes: number): boolean {
    this.#look();
    let isThere = true;
    try {
      for (let left = bytes; left > 0; left -= RESERVE_SLICE_BYTES) {
        this.#growFile(this.#file, this.#bytes().subarray(0, Math.min(left, RESERVE_SLICE_BYTES)));
      }
    } catch (error) {
      isThere = !isNoRoom(error);
    }
    this.#shrinkTo(this.#heldBytes);
    return isThere;
  }

  #grow(): void {
    const bytes = Math.min(RESERVE_SLICE_BYTES, this.#wholeBytes - this.#heldBytes);
    this.#growFile(this.#file, this.#bytes().subarray(0, bytes));
    this.#heldBytes += bytes;
  }

  /** Random, because a file system that compresses would store the same byte in no room at all. */
  #bytes(): Uint8Array {
    this.#slice ??= randomFillSync(new Uint8Array(RESERVE_SLICE_BYTES));
    return this.#slice;
  }

  #shrinkTo(bytes: number): void {
    if (bytes === 0) removeFile(this.#file);
    else shrinkFile(this.#file, bytes);
    this.#heldBytes = bytes;
  }
}
