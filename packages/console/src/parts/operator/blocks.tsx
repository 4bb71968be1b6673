import { useSignal } from "@preact/signals";
import * as operator from "../../operator/operator-desk.ts";
import type { Block, KillCounts } from "../../operator/operator-wire.ts";
import { killProgress, killText, scopeText } from "../../operator/scope.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { ActLine } from "./modes.tsx";

/** What is blocked, by whom and why, and how far each kill has come. */
export function Blocks() {
  const asked = useSignal<Block | null>(null);
  const { value: active } = operator.blocks;
  const { value: released } = operator.released;
  const block = asked.value;
  return (
    <section class="panel blocks" id="blocks" tabIndex={-1} aria-label="Blocks">
      <h2>
        Blocks <span class="tag">{active.length} active</span>
        <span class="grow" />
        <button
          type="button"
          aria-pressed={released !== null}
          onClick={() => void operator.showReleased(released === null)}
        >
          Released ones
        </button>
      </h2>
      {operator.modes.value !== null && active.length === 0 && (
        <p class="dim">Nothing is blocked.</p>
      )}
      <ul>
        {active.map((each) => (
          <BlockItem
            key={each.block_id}
            block={each}
            onRelease={() => {
              asked.value = each;
            }}
          />
        ))}
        {(released ?? []).map((each) => (
          <BlockItem key={each.block_id} block={each} onRelease={null} />
        ))}
      </ul>
      <ConfirmDialog
        key={block?.block_id}
        isOpen={block !== null}
        onClose={() => {
          asked.value = null;
        }}
        title={`Release block ${block?.block_id ?? ""}`}
        phrase={`release ${block?.block_id ?? ""}`}
        reason={null}
        verb="Release"
        onConfirm={(reason) => {
          if (block !== null) void operator.release(block, reason);
        }}
      >
        <p>
          New orders of {block === null ? "" : scopeText(block.scope)} are taken again, unless
          another block or a mode keeps them out.
        </p>
        {block?.kill?.state === "cancelling" && (
          <p role="alert">
            Its cancels have not ended: {block.kill.left} orders would be left open.
          </p>
        )}
      </ConfirmDialog>
    </section>
  );
}

interface BlockItemProps {
  readonly block: Block;
  /** Null where it is over. */
  readonly onRelease: (() => void) | null;
}

function BlockItem({ block, onRelease }: BlockItemProps) {
  const { block_id, blocked, kill, released, scope, state } = block;
  return (
    <li data-block={block_id} data-state={state}>
      <h3>
        <span class="dim">#{block_id}</span> {scopeText(scope)}
        {onRelease === null && <span class="tag">released</span>}
        <span class="grow" />
        {onRelease !== null && (
          <button type="button" onClick={onRelease} aria-label={`Release block ${block_id}`}>
            Release…
          </button>
        )}
      </h3>
      <ActLine act={blocked} />
      {released !== null && <ActLine act={released} />}
      <Progress kill={kill} />
    </li>
  );
}

function Progress({ kill }: { readonly kill: KillCounts | null }) {
  if (kill === null) return <p class="dim">{killText(kill)}</p>;
  const { max, value } = killProgress(kill);
  return (
    <div class="killing">
      <progress
        max={Math.max(1, max)}
        value={max === 0 ? 1 : value}
        aria-label="Orders cancelled"
      />
      <span data-left={kill.left}>{killText(kill)}</span>
    </div>
  );
}
