/** What kept an answer from arriving whole. */

export class TransportError extends Error {
  override readonly name = "TransportError";

  constructor(
    /** `proxy`: the way there failed at the proxy that the environment names. */
    readonly kind: "network" | "proxy" | "timeout" | "incomplete" | "tooLarge",
    /** The system's, e.g. ECONNREFUSED. */
    readonly code?: string | undefined,
  ) {
    super(code === undefined ? kind : `${kind}: ${code}`);
  }
}
