import { createMemo, For, Show } from "solid-js";
import { createFocusKeeper } from "../ui/focus";
import { createSlideGuard } from "../ui/slide";
import { ADD_FIELD } from "./AddForm";
import type { Action, Change } from "./actions";
import { Conflict } from "./Conflict";
import { isGone, refusal } from "./messages";
import { useTasks } from "./page";
import { createWatch } from "./watch";

/** What was not saved, why, and a way to try again. */
export function Failures() {
  const { store, rows } = useTasks();
  const failures = createMemo(() => new Map(store.failures().map((it) => [it.id, it])));
  const ids = createMemo(() => [...failures().keys()]);
  const watch = createWatch(failures);
  // The panel stands on the window's lower edge: what comes in at its end moves all others, and covers the list.
  const guard = createSlideGuard(() => ids().toReversed());
  let panel!: HTMLElement;
  let left: Action | undefined;

  createFocusKeeper(ids, (index) => {
    const next = panel.querySelectorAll<HTMLElement>(".failure")[Math.min(index, ids().length - 1)];
    if (next) next.querySelector("button")?.focus();
    else if (left && left.kind !== "add" && store.tasks().has(left.key)) rows.focus(left.key);
    else document.getElementById(ADD_FIELD)?.focus();
  });

  return (
    <section
      class="failures"
      aria-label="Not saved"
      hidden={ids().length === 0}
      ref={(it) => {
        panel = it;
        guard(it);
      }}
    >
      <Show when={ids().length > 1}>
        <header>
          <p>{ids().length} changes were not saved</p>
          <button type="button" onClick={() => ids().forEach(store.retry)}>
            Try all again
          </button>
        </header>
      </Show>
      <For each={ids()}>
        {(id) => {
          const action = watch(id);
          return (
            <FailureItem
              action={action()}
              onLeave={(it) => {
                left = it;
              }}
            />
          );
        }}
      </For>
    </section>
  );
}

function FailureItem(props: { action: Action; onLeave: (action: Action) => void }) {
  const { store, setDoomed } = useTasks();
  const trying = () => props.action.state !== "failed";
  const words = () => refusal(props.action);
  const contested = (): Change | undefined =>
    props.action.kind === "change" && props.action.failure?.current ? props.action : undefined;

  function retry(): void {
    props.onLeave(props.action);
    if (trying()) return;
    // Only a delete can be overturned here: an edit that was shows its conflict instead of this button.
    if (store.isOverturned(props.action)) {
      store.dismiss(props.action.id);
      setDoomed(props.action.key);
    } else store.retry(props.action.id);
  }

  function dismiss(): void {
    props.onLeave(props.action);
    store.dismiss(props.action.id);
  }

  function addAnew(): void {
    const it = props.action;
    if (it.kind !== "change") return;
    store.add(it.whole.title, it.whole.description);
    dismiss();
  }

  return (
    <div class="failure" data-key={props.action.id}>
      <Show when={!trying()} fallback={<p>Trying again…</p>}>
        <p role="alert">
          {words().before}{" "}
          <b>
            “<bdi>{words().title}</bdi>”
          </b>{" "}
          {words().after}
        </p>
      </Show>
      <Show
        when={contested()}
        fallback={
          <div class="buttons">
            <Show when={!(isGone(props.action) && props.action.kind === "delete")}>
              <button type="button" aria-disabled={trying()} onClick={retry}>
                Try again
              </button>
            </Show>
            <Show when={isGone(props.action) && props.action.kind === "change"}>
              <button type="button" onClick={addAnew}>
                Add as a new task
              </button>
            </Show>
            <button type="button" class="icon cross" aria-label="Dismiss" onClick={dismiss} />
          </div>
        }
      >
        {(edit) => <Conflict action={edit()} onLeave={() => props.onLeave(props.action)} />}
      </Show>
    </div>
  );
}
