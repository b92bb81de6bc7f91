import { onMount, Show, untrack } from "solid-js";
import { Dialog } from "../ui/Dialog";
import { shortened } from "../ui/text";
import { type Key, sameTexts } from "./actions";
import { shownTitle } from "./limits";
import { useTasks } from "./page";

/** Asks before a task is deleted: there is no way back. */
export function DeleteDialog() {
  const { doomed, setDoomed } = useTasks();
  return (
    <Dialog
      open={doomed() !== undefined}
      onClose={() => setDoomed(undefined)}
      title="Delete this task?"
      role="alertdialog"
    >
      <Show when={doomed()} keyed>
        {(key) => <Question of={key} />}
      </Show>
    </Dialog>
  );
}

/** What is asked is about the task as it is shown here: what others do to it meanwhile shows, too. */
function Question(props: { of: Key }) {
  const { store, setDoomed } = useTasks();
  const key = untrack(() => props.of);
  const task = store.watch(key);
  const asked = untrack(task);
  const close = () => setDoomed(undefined);

  function remove(): void {
    // Closing comes first: the focus goes back to the row, and from there, with the row, to its neighbour.
    close();
    store.remove(key);
  }

  return (
    <>
      <p class="quoted" dir="auto">
        {shortened(shownTitle(task().title), 120)}
      </p>
      <Show
        when={store.tasks().has(key)}
        fallback={
          <>
            <div class="buttons">
              <CloseButton onClick={close} />
            </div>
            <p role="alert">It has already been deleted elsewhere.</p>
          </>
        }
      >
        <div class="buttons">
          <button type="button" class="danger" autofocus onClick={remove}>
            Delete
          </button>
          <button type="button" onClick={close}>
            Keep
          </button>
        </div>
        <Show when={!sameTexts(task(), asked)}>
          <p role="alert">It was changed elsewhere just now.</p>
        </Show>
      </Show>
    </>
  );
}

/** Takes the focus that the buttons before it had. */
function CloseButton(props: { onClick: () => void }) {
  let button!: HTMLButtonElement;
  onMount(() => button.focus());
  return (
    <button type="button" ref={button} onClick={() => props.onClick()}>
      Close
    </button>
  );
}
