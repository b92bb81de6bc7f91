import { Show, untrack } from "solid-js";
import { shortened } from "../ui/text";
import type { Key } from "./actions";
import { shownTitle } from "./limits";
import { useTasks } from "./page";
import { TaskEditor } from "./TaskEditor";

const PREVIEW = 280;

/** One task: a row to read and tick, or the form to edit it. */
export function TaskRow(props: { of: Key }) {
  const { store, drafts, listed, rows, visible, setDoomed } = useTasks();
  const key = untrack(() => props.of);
  const titleId = `title-${key}`;
  const task = store.watch(key);
  let row!: HTMLElement;

  /** A click on the words edits them, unless it was made to select some. */
  function editByMouse(): void {
    if (getSelection()?.isCollapsed ?? true) drafts.open(key);
  }

  return (
    <li
      class="task"
      classList={{
        done: task().completed,
        editing: drafts.get(key) !== undefined,
        collapsing: listed.isCollapsing(key),
      }}
      style={{ "--height": listed.isCollapsing(key) ? `${row.offsetHeight}px` : undefined }}
      data-key={key}
      aria-setsize={rows.partial() ? visible().length : undefined}
      aria-posinset={rows.partial() ? rows.shown().places.get(key) : undefined}
      ref={(it) => {
        row = it;
        rows.measure(it);
      }}
    >
      <Show
        when={drafts.get(key)}
        fallback={
          <>
            <input
              type="checkbox"
              class="tick"
              aria-labelledby={titleId}
              checked={task().completed}
              onInput={(event) => store.update(key, { completed: event.currentTarget.checked })}
            />
            <div class="words" onClick={editByMouse}>
              <span class="title" id={titleId} dir="auto">
                {shownTitle(task().title)}
              </span>
              <Show when={task().description}>
                {(text) => (
                  <p class="description" dir="auto">
                    {shortened(text(), PREVIEW)}
                  </p>
                )}
              </Show>
            </div>
            <button
              type="button"
              class="icon pencil"
              aria-label={`Edit ${shownTitle(task().title)}`}
              onClick={() => drafts.open(key)}
            />
            <button
              type="button"
              class="icon bin"
              aria-label={`Delete ${shownTitle(task().title)}`}
              onClick={() => setDoomed(key)}
            />
          </>
        }
      >
        {(draft) => <TaskEditor of={key} task={task()} draft={draft()} />}
      </Show>
    </li>
  );
}
