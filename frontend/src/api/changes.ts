import type { Task } from "./client";

/** One change, as the log tells it: of each member what it was before and is after. */
export interface Change {
  entity: string;
  entity_id: string;
  op: "create" | "update" | "delete";
  diff: Partial<Record<keyof Task | "deleted_at", [unknown, unknown]>>;
  /** When; the task's `updated_at` from then on. */
  at: string;
  /** The id of the request that made it. */
  request_id: string | null;
}

interface Follower {
  /** From here on nothing is missed; what was before is not told. */
  begun: () => void;
  changed: (change: Change) => void;
}

const STREAM = "/api/v1/changes/stream";
const PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * The changes of the workspace as they happen, for as long as the page can be seen: a hidden one lets go of the stream,
 * so that the database may sleep, and takes it up again where it was.
 */
export function follow({ begun, changed }: Follower): void {
  let source: EventSource | undefined;
  let cursor = "";
  let failed = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    close();
    const resumes = cursor !== "";
    source = new EventSource(resumes ? `${STREAM}?after=${encodeURIComponent(cursor)}` : STREAM);
    source.addEventListener("open", () => {
      failed = 0;
      if (cursor === "") begun();
    });
    source.addEventListener("message", ({ data, lastEventId }: MessageEvent<string>) => {
      cursor = lastEventId;
      changed(JSON.parse(data) as Change);
    });
    source.addEventListener("error", () => {
      // It comes back by itself, with its cursor, unless the server refused: then that is no use any more.
      if (source?.readyState === EventSource.CLOSED) again();
    });
  }

  function again(): void {
    close();
    cursor = "";
    timer = setTimeout(open, PAUSES_MS[Math.min(failed, PAUSES_MS.length - 1)]);
    failed += 1;
  }

  function close(): void {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }

  const look = () => (document.visibilityState === "visible" ? open() : close());
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look); // a connection from before may be dead and not know it
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && look());
  look();
}
