/** The refusal of whoever asks the archive while it cannot answer. */

export const ARCHIVE_UNAVAILABLE = "ARCHIVE_UNAVAILABLE";

/** The archive cannot answer now. Nothing was changed; the same call may be made again later. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly code = ARCHIVE_UNAVAILABLE;

  constructor(problem: string) {
    super(`the archive of closed orders cannot answer now: ${problem}`);
  }
}
