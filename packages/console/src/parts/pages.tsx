/** What tables that come in pages have in common. */

interface HeadProps {
  readonly titles: readonly string[];
  /** Those of columns with figures. */
  readonly figures: readonly string[];
}

export function Head({ titles, figures }: HeadProps) {
  return (
    <thead>
      <tr>
        {titles.map((title) => (
          <th key={title} scope="col" class={figures.includes(title) ? "num" : ""}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface PagerProps {
  /** From 1. */
  readonly at: number;
  readonly pageCount: number;
  readonly turn: (to: number) => void;
}

/** The pages are newest first. */
export function Pager({ at, pageCount, turn }: PagerProps) {
  return (
    <span class="pager">
      <button type="button" disabled={at <= 1} onClick={() => turn(at - 1)}>
        Newer
      </button>
      <span aria-live="polite">
        page {at} of {pageCount}
      </span>
      <button type="button" disabled={at >= pageCount} onClick={() => turn(at + 1)}>
        Older
      </button>
    </span>
  );
}
