import { createEffect, on } from "solid-js";
import { createStore } from "solid-js/store";
import { type Fields, type Key, type Seen, type ShownTask, type TextName, TEXTS, textOf } from "./actions";
import { descriptionProblem, titleProblem } from "./limits";
import { begin, changed, chosen, isContested, type Part, told } from "./part";
import type { TaskStore } from "./store";

export type Draft = Record<TextName, Part>;

export type Drafts = ReturnType<typeof createDrafts>;

type Store = Pick<TaskStore, "tasks" | "edits" | "add" | "edit" | "look" | "release">;

/** The tasks being edited. They live here, not in the rows, so that nothing typed is lost when a row is not drawn. */
export function createDrafts(store: Store) {
  const [drafts, setDrafts] = createStore<Record<Key, Draft | undefined>>({});

  createEffect(on(store.tasks, () => Object.keys(drafts).forEach(compare), { defer: true }));

  /** Begin with what stands there, or with what was typed last time when that could not be saved. */
  function open(key: Key): void {
    const task = store.tasks().get(key);
    if (!task || drafts[key]) return;
    setDrafts(key, { title: first(key, task, "title"), description: first(key, task, "description") });
    compare(key);
    void store.look(key);
  }

  function first(key: Key, task: ShownTask, name: TextName): Part {
    const stands = textOf(task, name);
    const written = store.edits(key).filter(({ fields }) => name in fields);
    const seen = written.flatMap((it) => [...(it.seen?.[name] ?? []), it.fields[name] ?? ""]);
    const was = seen.includes(stands) ? stands : (seen[0] ?? stands);
    return begin(written.at(-1)?.fields[name] ?? stands, [was, ...seen]);
  }

  /** Lay what the task says by now beside what is typed. */
  function compare(key: Key): void {
    const draft = drafts[key];
    const task = store.tasks().get(key);
    if (!draft || !task) return;
    for (const name of TEXTS) setDrafts(key, name, told(draft[name], textOf(task, name)));
  }

  function write(key: Key, name: TextName, text: string): void {
    if (drafts[key]) setDrafts(key, name, { text, followed: false });
  }

  /** Settle which text counts, where somebody else wrote one too. */
  function choose(key: Key, name: TextName, choice: "mine" | "theirs"): void {
    const draft = drafts[key];
    if (draft) setDrafts(key, name, chosen(draft[name], choice));
  }

  function close(key: Key): void {
    setDrafts(key, undefined);
    store.release(key);
  }

  /**
   * Ask for what was changed, and nothing else, so that what others changed meanwhile stays. A task that was deleted
   * elsewhere is added anew. False: not valid yet, or both wrote something and nobody has chosen.
   */
  function save(key: Key): boolean {
    const draft = drafts[key];
    if (!draft) return true;
    const fields = changes(draft);
    if (problems(draft).title ?? problems(draft).description) return false;
    const { title, description } = draft;
    const seen: Seen = { title: title.seen, description: description.seen };
    const isGone = store.tasks().get(key)?.gone === true;
    if (!isGone && TEXTS.some((name) => isContested(draft[name]))) return false;
    // Before the row goes, so that there is one for the focus to go to.
    if (isGone) store.add(title.text.trim(), description.text.trim());
    close(key);
    if (!isGone && Object.keys(fields).length > 0) store.edit(key, fields, seen);
    return true;
  }

  return {
    get: (key: Key): Draft | undefined => drafts[key],
    /** The tasks that are being edited. */
    keys: (): Key[] => Object.keys(drafts),
    /** True when a draft holds something that would be lost with the page. */
    unsaved: (): boolean => Object.values(drafts).some((it) => it && Object.keys(changes(it)).length > 0),
    open,
    write,
    choose,
    close,
    save,
  };
}

export function problems(draft: Draft): Partial<Record<TextName, string | undefined>> {
  const { title, description } = changes(draft);
  return {
    title: title === undefined ? undefined : titleProblem(title),
    description: description === undefined ? undefined : descriptionProblem(description),
  };
}

function changes(draft: Draft): Fields {
  const fields: Fields = {};
  for (const name of TEXTS) {
    const text = changed(draft[name]);
    if (text !== undefined) fields[name] = text;
  }
  return fields;
}
