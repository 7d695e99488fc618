/** Has the status of a MailDomain written, and records an event where Ready has another reason. */
import { MAIL_DOMAIN } from "../api/resources.ts";
import type { MailDomain, MailDomainStatus } from "../api/types.generated.ts";
import { findCondition } from "../runtime/condition-list.ts";
import { createStatusWriter } from "../runtime/status-writer.ts";
import type { Client, EventRecorder } from "../runtime/types.ts";

export interface StatusServices {
  readonly client: Client;
  readonly events: EventRecorder;
}

/** Refused (Conflict) when anything of the object changed since it was read. */
export async function writeStatus(
  { client, events }: StatusServices,
  domain: MailDomain,
  status: MailDomainStatus,
  signal: AbortSignal,
): Promise<void> {
  const written = await createStatusWriter(client, MAIL_DOMAIN).writeExactly(domain, status, signal);
  if (written === domain) return;
  const [before, after] = [domain.status, status].map((each) => findCondition(each?.conditions ?? [], "Ready"));
  if (after === undefined || before?.reason === after.reason) return;
  const type = after.status === "True" ? "Normal" : "Warning";
  events.event(domain, { type, reason: after.reason, action: "Route", note: after.message });
}
