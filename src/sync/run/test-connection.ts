/** What a test connection finds: whether the way in works, with counts and times, and nothing of whom it saw. */

import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import type { Clock } from "../../base/deps.ts";
import type { Directory } from "../../directory/types.ts";
import { SOURCES } from "../../recipients/model.ts";
import type { Ownership } from "../decide/fingerprint.ts";
import { verifyOwnership } from "./ask-tenant.ts";

export interface ConnectionTest {
  readonly object: O365Sync;
  readonly domain: MailDomain;
  /** How long the token took, in milliseconds. */
  readonly tokenMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Throws Failure. */
export async function tryConnection(
  directory: Directory,
  { object, domain, tokenMs, clock, signal }: ConnectionTest,
): Promise<{ readonly ownership: Ownership; readonly message: string }> {
  const [ownership, ownershipMs] = await timed(
    clock,
    verifyOwnership(directory, object, domain, { fresh: true, signal }),
  );
  const enabled = SOURCES.filter((source) => object.spec.sources[source]);
  const pages = await Promise.all(
    enabled.map(async (source) => {
      const alone = { users: false, groups: false, contacts: false, [source]: true };
      const [seen, ms] = await timed(clock, directory.sample(alone, signal));
      return `${seen[source]} ${source} in ${seconds(ms)}`;
    }),
  );
  const owned =
    ownership.kind === "verified"
      ? `the tenant owns ${domain.spec.domain} (${seconds(ownershipMs)})`
      : `Unverified: without the permission Organization.Read.All nobody can tell whether the tenant owns ${domain.spec.domain}`;
  const message = `the token (${seconds(tokenMs)}) carries the permissions; ${owned}; on a first page: ${pages.join(", ")}`;
  return { ownership, message };
}

export async function timed<T>(clock: Clock, work: Promise<T>): Promise<readonly [result: T, ms: number]> {
  const started = clock.monotonic();
  const result = await work;
  return [result, clock.monotonic() - started];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
