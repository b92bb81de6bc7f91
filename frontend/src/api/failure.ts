/** Why a request did not do what was asked, in words for people. */
export class Failure extends Error {
  /** The HTTP status, or 0 when no readable answer came. */
  readonly status: number;
  /** True when the server itself does not know whether it was done. */
  readonly unknown: boolean;

  constructor(status: number, message: string, unknown = false) {
    super(message);
    this.status = status;
    this.unknown = unknown;
  }

  /** The server said no; a problem document's `detail` says why. */
  static refused(status: number, body: unknown): Failure {
    const { detail, type } = (body ?? {}) as { detail?: unknown; type?: unknown };
    return new Failure(
      status,
      typeof detail === "string" && detail !== "" ? sentence(detail) : byStatus(status),
      type === "outcome-unknown",
    );
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

function byStatus(status: number): string {
  if (status === 404) return "It no longer exists.";
  if (status === 413 || status === 422) return "The server did not accept it.";
  if (status === 429 || status === 503) return "The server is busy just now.";
  return `The server answered with an error (${status}).`;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
