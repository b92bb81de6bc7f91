import { createEffect, createSignal, on } from "solid-js";
import { Field } from "../ui/Field";
import { FILTERS } from "./filter";
import { TITLE_MAX, titleProblem } from "./limits";
import { useTasks } from "./page";

const DOUBLE_MS = 1_000;

export const ADD_FIELD = "add-title";

/** Where new tasks are typed. A title that could not be saved comes back here, when there is room. */
export function AddForm() {
  const { store, filter, visible, rows } = useTasks();
  const [title, setTitle] = createSignal("");
  const [refused, setRefused] = createSignal(false);
  let field!: HTMLInputElement | HTMLTextAreaElement;
  let lastAdded = Number.NEGATIVE_INFINITY;

  const problem = () => {
    const found = titleProblem(title());
    return title().trim() !== "" || refused() ? found : undefined;
  };

  createEffect(
    on(store.failures, (now, before = []) => {
      for (const wish of now) {
        if (wish.kind !== "add") continue;
        const had = before.find((it) => it.id === wish.id)?.state === "failed";
        if (wish.state === "failed" && !had && title() === "") setTitle(wish.title);
        if (wish.state !== "failed" && had && title() === wish.title) setTitle("");
      }
    }),
  );

  function type(text: string): void {
    setTitle(text);
    setRefused(false);
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    field.focus();
    if (titleProblem(title())) {
      setRefused(performance.now() - lastAdded > DOUBLE_MS);
      return;
    }
    lastAdded = performance.now();
    // A task that is added is seen.
    if (filter.current().name === "done") filter.go(FILTERS[0]);
    add(title().trim());
    setTitle("");
  }

  function leave(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.isComposing) rows.focus(visible()[0]);
  }

  /** Add it, or try again what failed under the same words. */
  function add(text: string): void {
    const failed = store.failures().find((it) => it.kind === "add" && it.title === text);
    if (failed) store.retry(failed.id);
    const key = failed?.key ?? store.add(text);
    rows.reach(key, (row) => row.scrollIntoView({ block: "nearest" }));
  }

  return (
    <form class="add" onSubmit={submit} onKeyDown={leave} novalidate>
      <Field
        id={ADD_FIELD}
        label="New task"
        placeholder="New task"
        value={title()}
        onInput={type}
        max={TITLE_MAX}
        problem={problem()}
        ref={(it) => {
          field = it;
        }}
      />
      <button type="submit" class="primary">
        Add
      </button>
    </form>
  );
}
