import { For, onMount, Show, untrack } from "solid-js";
import { Field } from "../ui/Field";
import { shortened } from "../ui/text";
import { type Key, type ShownTask, type TextName, TEXTS } from "./actions";
import { type Draft, problems } from "./drafts";
import { DESCRIPTION_MAX, TITLE_MAX } from "./limits";
import { useTasks } from "./page";
import { isContested } from "./part";
import { rowOf } from "./rows";
import { Written } from "./Written";

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The form in a task's place while it is edited. Escape leaves it, Enter in the title saves. */
export function TaskEditor(props: { of: Key; task: ShownTask; draft: Draft }) {
  const { drafts } = useTasks();
  const key = untrack(() => props.of);
  const name = () => shortened(props.draft.title.was, 60);
  const fields: Partial<Record<TextName, HTMLInputElement | HTMLTextAreaElement>> = {};

  onMount(() => {
    const title = fields.title as HTMLInputElement;
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
    else rowOf(key)?.querySelector<HTMLElement>("[aria-invalid], .elsewhere button")?.focus();
  }

  function choose(part: TextName, choice: "mine" | "theirs"): void {
    drafts.choose(key, part, choice);
    fields[part]?.focus();
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
        value={props.draft.title.text}
        onInput={(text) => drafts.write(key, "title", text)}
        max={TITLE_MAX}
        problem={problems(props.draft).title}
        ref={(it) => {
          fields.title = it;
        }}
      />
      <Field
        label="Description"
        value={props.draft.description.text}
        onInput={(text) => drafts.write(key, "description", text)}
        max={DESCRIPTION_MAX}
        problem={problems(props.draft).description}
        rows={3}
        ref={(it) => {
          fields.description = it;
        }}
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
      <Elsewhere gone={props.task.gone === true} draft={props.draft} onChoose={choose} />
    </form>
  );
}

interface ElsewhereProps {
  gone: boolean;
  draft: Draft;
  onChoose: (part: TextName, choice: "mine" | "theirs") => void;
}

/** What happened to the task elsewhere while it is edited. It stands below the buttons, so that none of them moves. */
function Elsewhere(props: ElsewhereProps) {
  return (
    <>
      <Show when={props.gone}>
        <p class="elsewhere" role="alert">
          This task was deleted elsewhere. Saving adds it as a new one.
        </p>
      </Show>
      <For each={TEXTS}>
        {(name) => (
          <Show
            when={!props.gone && isContested(props.draft[name])}
            fallback={
              <Show when={props.draft[name].followed}>
                <p class="elsewhere" role="alert">
                  The {name} was changed elsewhere. This is the new text.
                </p>
              </Show>
            }
          >
            <div class="elsewhere" role="group" aria-label={`The ${name} that was written elsewhere`}>
              <div role="alert">
                <p>The {name} was changed elsewhere to:</p>
                <Written text={props.draft[name].theirs ?? ""} />
              </div>
              <div class="buttons">
                <button type="button" onClick={() => props.onChoose(name, "mine")}>
                  Keep mine
                </button>
                <button type="button" onClick={() => props.onChoose(name, "theirs")}>
                  Take theirs
                </button>
              </div>
            </div>
          </Show>
        )}
      </For>
    </>
  );
}

function backToRow(key: Key): void {
  rowOf(key)?.querySelector<HTMLElement>(".pencil")?.focus();
}
