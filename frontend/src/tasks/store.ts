import { batch, createMemo, createSignal } from "solid-js";
import type { Change } from "../api/changes";
import type { Api, Task, TaskCreate, VersionedTask } from "../api/client";
import { Failure } from "../api/failure";
import {
  type Action,
  type Add,
  addition,
  type Change as Edit,
  change,
  collisions,
  deletion,
  type Fields,
  type Key,
  lacking,
  patchOf,
  project,
  rebased,
  sameTexts,
  type Seen,
} from "./actions";
import { learnt, lost, type Mirror, Names, overlay, reflect, without } from "./mirror";
import { createOutbox } from "./outbox";
import { createWatch } from "./watch";

interface Surroundings {
  /** A wish came true. */
  onDone?: (action: Action) => void;
  /** Tasks that must not vanish from under someone's hands. */
  isHeld?: (key: Key) => boolean;
}

export type TaskStore = ReturnType<typeof createTaskStore>;

/** The server's tasks, mirrored, with everything that was asked for and is not confirmed laid over them. */
export function createTaskStore(api: Api, { onDone, isHeld = () => false }: Surroundings = {}) {
  const names = new Names();
  const [mirror, setMirror] = createSignal<Mirror>(new Map());
  const [loaded, setLoaded] = createSignal(false);
  const [trouble, setTrouble] = createSignal<Failure>();
  /** Tasks with their versions, as the server gave them last; others may have changed them since. */
  const versions = new Map<Key, VersionedTask>();
  const outbox = createOutbox({ send, done, failed, amended });
  const tasks = createMemo(() => project(mirror(), outbox.actions()));
  const busy = createMemo(() => outbox.actions().some((action) => action.state === "sending"));
  const failures = createMemo(() => outbox.actions().filter((action) => action.failure));
  let missed: Change[] = [];
  let answers = 0;
  let reading: Promise<void> | undefined;
  let stale = false;
  let wanted = false;

  function add(title: string, description: string | null = null): Key {
    const action = addition(title, description);
    outbox.put(action);
    return action.key;
  }

  function update(key: Key, fields: Fields): void {
    const task = tasks().get(key);
    if (task) outbox.put(change(key, task, fields));
  }

  /** Replace texts, as long as the server has nothing there but what was `seen`. */
  function edit(key: Key, fields: Fields, seen: Seen): void {
    const task = tasks().get(key);
    if (!task) return;
    const wish = change(key, task, fields, seen);
    const known = versions.get(key);
    outbox.put(known && collisions(wish, known).length === 0 ? { ...wish, version: known.version } : wish);
  }

  function remove(key: Key): void {
    const task = tasks().get(key);
    if (task) outbox.put(deletion(key, task));
  }

  /** What this page asked for and does not know to be stored, for one task. */
  function edits(key: Key): Edit[] {
    return outbox.actions().filter((it) => it.kind === "change" && it.key === key) as Edit[];
  }

  /** Ask how a task is now, before it is edited. If that fails now, it is read when the edit is sent. */
  async function look(key: Key): Promise<void> {
    if (!mirror().has(key)) return;
    try {
      learn(key, await api.read(names.id(key)));
    } catch (cause) {
      if (cause instanceof Failure && cause.status === 404) setMirror((old) => lost(old, key, isHeld));
    }
  }

  /** Nobody edits the task any more: if it was deleted elsewhere meanwhile, it goes now. */
  function release(key: Key): void {
    if (mirror().get(key)?.gone) setMirror((old) => without(old, key));
  }

  /** The server's list again. Asking while it is being read is one reading. */
  function refresh(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
      catchUp();
    });
    return reading;
  }

  /** Something changed on the server, here or elsewhere. */
  function receive(change: Change): void {
    if (change.entity !== "task") return;
    if (reading) missed.push(change);
    const own = outbox.actions().find(({ id }) => id === change.request_id);
    if (own?.kind === "add" && change.op === "create") names.bind(own.key, change.entity_id);
    const after = overlay(change, mirror(), names, isHeld);
    if (after) setMirror(after);
    else again();
  }

  async function read(): Promise<void> {
    const before = answers;
    missed = [];
    try {
      const list = await api.list();
      setTrouble(undefined);
      // A list read while something was written may be older than the write's answer: read it again afterwards.
      stale = busy() || answers !== before;
      if (!stale) adopt(list);
    } catch (cause) {
      setTrouble(cause instanceof Failure ? cause : Failure.unanswered(cause));
    }
  }

  function adopt(list: Task[]): void {
    batch(() => {
      setMirror((old) => reflect(list, old, names, isHeld));
      setLoaded(true);
      for (const change of missed) setMirror((old) => overlay(change, old, names, isHeld) ?? old);
    });
  }

  function again(): void {
    wanted = true;
    catchUp();
  }

  function catchUp(): void {
    if (!(stale || wanted) || busy() || reading) return;
    stale = wanted = false;
    void refresh();
  }

  async function send(action: Action): Promise<Task | undefined> {
    if (action.kind === "add") return api.add(body(action), action.id);
    const id = names.id(action.key);
    if (action.kind === "change" && action.seen) return save(action, id);
    if (action.kind === "change") return api.change(id, action.fields, action.id);
    await api.remove(id, action.id);
    return undefined;
  }

  async function save({ key, fields, version, id: requestKey }: Edit, id: string): Promise<Task> {
    if (version === undefined) throw Failure.stale(await api.read(id));
    const task = await api.edit(id, patchOf(fields), version, requestKey);
    versions.set(key, task);
    return plain(task);
  }

  function done(action: Action, task: Task | undefined): void {
    if (task && action.kind === "add") {
      // A reading of the list may have brought it in under its own id, before "try again" told which one it is.
      setMirror((old) => without(old, task.id));
      names.bind(action.key, task.id);
    }
    setMirror((old) => (task ? learnt(old, action.key, task) : without(old, action.key)));
    settled();
    onDone?.(action);
  }

  function failed(action: Action, failure: Failure): void {
    if (action.kind === "delete" && failure.status === 404) setMirror((old) => without(old, action.key));
    // Whoever says no, or nothing at all, knows something that this page does not.
    stale ||= failure.unsure || failure.status === 404;
    settled();
  }

  /** An edit was meant for another version. Unless what it replaces was changed meanwhile, lay it over this one. */
  function amended(action: Action, { current }: Failure): Action | undefined {
    if (action.kind !== "change" || !current) return undefined;
    learn(action.key, current);
    return collisions(action, current).length === 0 ? rebased(action, current) : undefined;
  }

  /** Send an edit that was refused again, over what others wrote meanwhile, or leave theirs as it is. */
  function settle(id: string, choice: "mine" | "theirs"): void {
    const action = outbox.actions().find((it) => it.id === id);
    const current = action?.failure?.current;
    if (action?.kind !== "change" || !current) return;
    const wish = choice === "mine" ? action : lacking(action, collisions(action, current));
    if (!wish) outbox.dismiss(id);
    else outbox.retry(id, anew(rebased(wish, current)));
  }

  /** What can simply be sent again is; what was changed elsewhere meanwhile needs an answer first. */
  function retry(id: string): void {
    const action = outbox.actions().find((it) => it.id === id);
    if (action && !isOverturned(action)) outbox.retry(id);
  }

  /** True when others changed meanwhile what a failed action is about. */
  function isOverturned(action: Action): boolean {
    if (action.failure?.current) return true;
    const task = tasks().get(action.key);
    return action.kind === "delete" && task !== undefined && !sameTexts(task, action.whole);
  }

  function learn(key: Key, task: VersionedTask): void {
    versions.set(key, task);
    answers += 1; // a list that is being read may be older
    setMirror((old) => learnt(old, key, plain(task)));
  }

  function settled(): void {
    answers += 1;
    queueMicrotask(catchUp);
  }

  return {
    /** One of the tasks, for the component that shows it. */
    watch: createWatch(tasks),
    /** What the person sees, in the order of creation. */
    tasks,
    /** True once the server's list has been read. */
    loaded,
    /** Why the last reading of the list failed, if it did. */
    trouble,
    /** True while an answer is awaited. */
    busy,
    /** Wishes that the server refused or never got, those among them that are being tried again included. */
    failures,
    refresh,
    /** The list once more, when there is time for it: what is known may lack something. */
    again,
    /** Lay a change over what is known. */
    receive,
    add,
    update,
    edit,
    edits,
    remove,
    look,
    release,
    settle,
    retry,
    isOverturned,
    dismiss: outbox.dismiss,
  };
}

/** The task without what `/tasks` does not tell. */
function plain({ id, title, description, completed, created_at, updated_at }: VersionedTask): Task {
  return { id, title, description, completed, created_at, updated_at };
}

/** The wish as if it had not failed yet. */
function anew({ failure: _, ...wish }: Edit): Edit {
  return wish;
}

function body({ title, description }: Add): TaskCreate {
  return description ? { title, description } : { title };
}
