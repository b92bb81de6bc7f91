import type { VersionedTask } from "./client";

/** Why a request did not do what was asked, in words for people. */
export class Failure extends Error {
  /** The HTTP status, or 0 when no readable answer came. */
  readonly status: number;
  /** True when the server itself does not know whether it was done. */
  readonly unknown: boolean;
  /** The task as it is, when the change was meant for another version of it. */
  readonly current: VersionedTask | undefined;

  constructor(status: number, message: string, unknown = false, current?: VersionedTask) {
    super(message);
    this.status = status;
    this.unknown = unknown;
    this.current = current;
  }

  /** The change has to be compared with the task as it is before it can be made. */
  static stale(current: VersionedTask): Failure {
    return new Failure(412, "It was changed elsewhere meanwhile.", false, current);
  }

  /** The server said no; the `detail` of its answer says why. */
  static refused(status: number, body: unknown): Failure {
    const { detail, type, current } = (body ?? {}) as {
      detail?: unknown;
      type?: unknown;
      current?: VersionedTask;
    };
    if (status === 412 && current) return Failure.stale(current);
    const why = inWords(detail);
    return new Failure(status, why === "" ? byStatus(status) : sentence(why), type === "outcome-unknown");
  }

  /** No answer, or one that cannot be read. */
  static unanswered(cause: unknown): Failure {
    if (cause instanceof DOMException && cause.name === "TimeoutError")
      return new Failure(0, "The server took too long to answer.");
    if (cause instanceof SyntaxError) return new Failure(0, "The server’s answer could not be read.");
    return new Failure(0, "The server could not be reached.");
  }

  /** True when the server may have done it all the same. */
  get unsure(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

/** A `detail` is a text, or for a 422 under `/tasks` a list of faults. */
function inWords(detail: unknown): string {
  if (typeof detail === "string") return detail;
  return Array.isArray(detail) ? detail.map(fault).filter(Boolean).join("; ") : "";
}

function fault(found: unknown): string {
  const { loc, msg } = (found ?? {}) as { loc?: unknown; msg?: unknown };
  if (typeof msg !== "string") return "";
  const member: unknown = Array.isArray(loc) && loc[0] === "body" ? loc[1] : undefined;
  return typeof member === "string" ? `${member}: ${msg}` : msg;
}

function byStatus(status: number): string {
  if (status === 404) return "It no longer exists.";
  if (status === 413 || status === 422) return "The server did not accept it.";
  if (status === 429 || status === 503) return "The server is busy just now.";
  return `The server answered with an error (${status}).`;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
