import { onMount, untrack } from "solid-js";
import type { Task } from "../api/client";
import { Field } from "../ui/Field";
import { shortened } from "../ui/text";
import type { Key } from "./actions";
import { type Draft, problems } from "./drafts";
import { DESCRIPTION_MAX, TITLE_MAX } from "./limits";
import { useTasks } from "./page";
import { rowOf } from "./rows";

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The form in a task's place while it is edited. Escape leaves it, Enter in the title saves. */
export function TaskEditor(props: { of: Key; task: Task; draft: Draft }) {
  const { drafts } = useTasks();
  const key = untrack(() => props.of);
  const name = () => shortened(props.draft.was.title, 60);
  let title!: HTMLInputElement | HTMLTextAreaElement;

  onMount(() => {
    title.focus();
    title.setSelectionRange(title.value.length, title.value.length);
  });

  function leave(): void {
    drafts.close(key);
    backToRow(key);
  }

  function save(event: Event): void {
    event.preventDefault();
    if (drafts.save(key)) backToRow(key);
    else rowOf(key)?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(event);
  }

  return (
    <form class="editor" aria-label={`Edit ${name()}`} onSubmit={save} onKeyDown={onKeyDown} novalidate>
      <Field
        label="Title"
        value={props.draft.title}
        onInput={(text) => drafts.write(key, "title", text)}
        max={TITLE_MAX}
        problem={problems(props.draft).title}
        ref={(it) => {
          title = it;
        }}
      />
      <Field
        label="Description"
        value={props.draft.description}
        onInput={(text) => drafts.write(key, "description", text)}
        max={DESCRIPTION_MAX}
        problem={problems(props.draft).description}
        rows={3}
      />
      <div class="buttons">
        <button type="submit" class="primary">
          Save
        </button>
        <button type="button" onClick={leave}>
          Cancel
        </button>
        <p class="dates">Added {moment.format(new Date(props.task.created_at))}</p>
      </div>
    </form>
  );
}

function backToRow(key: Key): void {
  rowOf(key)?.querySelector<HTMLElement>(".pencil")?.focus();
}
