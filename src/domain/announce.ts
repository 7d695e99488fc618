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

/** Answers the object as it stands afterwards. Refused (Conflict) when anything of it changed since it was read. */
export async function writeStatus(
  { client, events }: StatusServices,
  domain: MailDomain,
  status: MailDomainStatus,
  signal: AbortSignal,
): Promise<MailDomain> {
  const written = await createStatusWriter(client, MAIL_DOMAIN).writeExactly(domain, status, signal);
  if (written === domain) return domain;
  const [before, after] = [domain.status, status].map((each) => findCondition(each?.conditions ?? [], "Ready"));
  if (after === undefined || before?.reason === after.reason) return written;
  const type = after.status === "True" ? "Normal" : "Warning";
  events.event(domain, { type, reason: after.reason, action: "Route", note: after.message });
  return written;
}
