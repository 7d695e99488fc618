/** Says in time that a certificate ends. Pure. */
import type { O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import { DAY_MS, readableTime } from "../../base/time.ts";
import type { Access } from "./connection.ts";

/** How long before its end a certificate is complained about. */
const NOTICE_MS = 30 * DAY_MS;

/** Milliseconds since the epoch. Without a credential at hand, what was known of it before. */
export function credentialExpiry(
  { credentialExpiryTime }: O365SyncStatus,
  access: Pick<Access, "end"> | undefined,
): number | undefined {
  if (access !== undefined) return access.end;
  return credentialExpiryTime === undefined ? undefined : Date.parse(credentialExpiryTime);
}

/** What is to be said of a certificate that ends soon, or has ended; undefined: nothing yet. */
export function expiryNote({ spec }: O365Sync, expiry: number | undefined, now: number): string | undefined {
  if (expiry === undefined || expiry - NOTICE_MS > now) return undefined;
  const secret = spec.credentials?.certificateRef?.name;
  const whose = secret === undefined ? "of the installation" : `in the Secret ${secret}`;
  const verb = expiry <= now ? "ended" : "ends";
  const cure = "make a new one, upload it to the app registration, and only then put it in place of the old one";
  return `the certificate ${whose} ${verb} at ${readableTime(expiry)}; ${cure}`;
}

/** There is something new to say of the credential 30 days before it ends, and when it has ended. */
export const noticeCredentialEnd = ({
  credentialEnd,
  now,
}: {
  readonly credentialEnd: number | undefined;
  readonly now: number;
}): number | undefined =>
  credentialEnd === undefined ? undefined : [credentialEnd - NOTICE_MS, credentialEnd].find((at) => at > now);
