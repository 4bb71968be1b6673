export interface SegmentsProps<Choice extends string> {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: Choice;
  readonly onChoose: (choice: Choice) => void;
  /** The words themselves unless given. */
  readonly textOf?: (choice: Choice) => string;
  readonly class?: string;
}

/** One of a few choices, all of them in sight. */
export function Segments<Choice extends string>(props: SegmentsProps<Choice>) {
  const { label, choices, chosen, onChoose, textOf, class: name = "" } = props;
  return (
    <span class={`segments ${name}`} role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice}
          type="button"
          role="radio"
          aria-checked={choice === chosen}
          onClick={() => onChoose(choice)}
        >
          {textOf?.(choice) ?? choice}
        </button>
      ))}
    </span>
  );
}
