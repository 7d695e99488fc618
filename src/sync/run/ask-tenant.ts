/** The steps of a run that ask the tenant. Each does one thing and throws Failure when the run cannot go on. */

import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import { Failure } from "../../base/failure.ts";
import { inSlices } from "../../base/slices.ts";
import { isPauseDue, type Steps } from "../../base/steps.ts";
import { likeliest, someOf } from "../../base/words.ts";
import type { Authorization, Directory, EnabledSources, Sharing } from "../../directory/types.ts";
import type { Proposal } from "../../publication/proposal.ts";
import { namesOf } from "../../publication/publication.ts";
import type { ReadCounts } from "../../publication/run-records.ts";
import { countUnconfirmed, type OwnRules, removalsToConfirm } from "../../recipients/confirm.ts";
import { createDeriver, type Derived } from "../../recipients/derive.ts";
import { MOST_BARE, type Unconfirmed } from "../../recipients/guards.ts";
import type { Logger } from "../../runtime/types.ts";
import { type Ownership, ownershipHash } from "../decide/fingerprint.ts";
import type { Finding } from "../status/conditions.ts";
import { AUTHORIZED } from "../status/messages.ts";

/** Said in the log while a large tenant is read. */
const PROGRESS_EVERY = 20_000;

export interface Authorized {
  readonly finding: Finding;
  /** Present when the token lacks what the sources need. */
  readonly failure?: Failure;
}

/** Judges a token by the permissions that the sources need. */
export function judgeAuthorization({ missing }: Authorization): Authorized {
  if (missing.length === 0) return { finding: { status: "True", reason: "Authorized", message: AUTHORIZED } };
  const message = `the token lacks ${missing.join(", ")}; an administrator of the tenant grants admin consent for these application permissions in the app registration, or with the link in status.consentUrl; then annotate o365sync.dev/test-connection`;
  const failure = new Failure("stalled", "NotAuthorized", message);
  return { finding: { status: "False", reason: "NotAuthorized", message }, failure };
}

/** What is to be said of Authorized when the token itself could not be obtained; undefined: that tells nothing. */
export function authorizationTrouble(error: unknown): Finding | undefined {
  if (!(error instanceof Failure) || error.kind !== "stalled") return undefined;
  return { status: "False", reason: error.reason, message: error.message };
}

/**
 * Throws Failure DomainNotInTenant. Unverified where the permission to ask is missing. Unless `fresh`, what the tenant
 * told another object a moment ago will do.
 */
export async function verifyOwnership(
  directory: Directory,
  object: O365Sync,
  domain: MailDomain,
  { fresh, signal }: { readonly fresh: boolean; readonly signal: AbortSignal },
): Promise<Ownership> {
  const { domain: name } = domain.spec;
  const verified = await directory.verifiedDomains(signal, fresh ? undefined : name);
  if (verified === undefined) return { kind: "unverified" };
  if (verified.includes(name)) return { kind: "verified", hash: ownershipHash(object, domain) };
  const near = likeliest(name, verified);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new Failure(
    "stalled",
    "DomainNotInTenant",
    `${name} is not a verified domain of the tenant ${object.spec.tenantId}, which has ${someOf(verified)}${hint}; if spec.domain of the MailDomain ${domain.metadata.name} is misspelt, delete it, apply it corrected and ask again; else correct spec.tenantId, or verify the domain in the Microsoft 365 admin center`,
  );
}

export const isNotOwned = (error: unknown): boolean => error instanceof Failure && error.reason === "DomainNotInTenant";

export interface Reading {
  readonly derived: Derived;
  readonly read: ReadCounts;
}

interface Reader {
  readonly log: Logger;
  readonly sharing: Sharing | undefined;
  readonly onObjects: (count: number) => void;
}

export async function readWish(
  directory: Directory,
  object: O365Sync,
  domain: MailDomain,
  { log, sharing, onObjects }: Reader,
  signal: AbortSignal,
): Promise<Reading> {
  const { sources, excludeRecords = [], staticRecipients = [] } = object.spec;
  const deriver = createDeriver({
    names: namesOf(domain),
    excludeRecords,
    staticRecipients,
    formats: object.spec.output.formats,
  });
  let objects = 0;
  const read = await directory.read({
    sources,
    signal,
    sharing,
    onObject: (found) => {
      deriver.add(found);
      objects++;
      onObjects(objects);
      if (objects % PROGRESS_EVERY === 0) log.info({ objects }, "Reading the directory");
    },
  });
  const derived = await inSlices(deriver.finish(), signal);
  if (derived.invalidStatics.length > 0) {
    const wrong = new Set(derived.invalidStatics);
    const places = staticRecipients.flatMap((entry, index) => (wrong.has(entry) ? [`[${index}]`] : []));
    const message = `spec.staticRecipients has entries that do not belong here, counted from 0: ${someOf(places)}; they must be addresses of ${domain.spec.domain} or one of its alias domains`;
    throw new Failure("stalled", "InvalidStaticRecipients", message);
  }
  return { derived, read };
}

export interface RemovalCheck {
  readonly proposal: Proposal;
  readonly derived: Derived;
  readonly sources: EnabledSources;
  /** That recipients are kept of from now on. */
  readonly domains: readonly string[];
}

/** What nobody would say about removals, where nobody said that one is wrong. */
export interface Confirmed {
  /** No object is known to ask for, and nobody was asked who has the address. */
  readonly unconfirmed: ReadonlySet<string>;
  readonly cause: Unconfirmed["cause"];
  /** Addresses that only their objects, asked by id, confirmed to be gone: the tenant refuses to be asked for them. */
  readonly byIdAlone: number;
}

export const ALL_CONFIRMED: Confirmed = { unconfirmed: new Set(), cause: "refused", byIdAlone: 0 };

/**
 * Asks for every object behind a removal by its id, and then for the addresses themselves. Whoever still has one means
 * that the read was not whole: Graph's pages are no snapshot.
 */
export async function confirmRemovals(
  directory: Directory,
  check: RemovalCheck,
  signal: AbortSignal,
): Promise<Confirmed> {
  const { proposal, derived, sources, domains } = check;
  const rules = { excluded: derived.excluded, sources, domains };
  const removals = await inSlices(removalsToConfirm(proposal.plan, rules), signal);
  if (removals.objects.length > 0) {
    const answers = await directory.confirm(removals.objects, signal);
    const wrong = await inSlices(countUnconfirmed(removals, answers), signal);
    if (wrong > 0) throw notWhole(wrong, "object", "without an address that is still there when asked by id");
  }
  const asked = removals.bare > MOST_BARE ? [] : removals.gone;
  const unmirrored = await inSlices(noLongerMirrored(proposal, rules), signal);
  const gone = [...new Set([...asked, ...unmirrored])];
  if (gone.length === 0) return { ...ALL_CONFIRMED, unconfirmed: new Set(removals.gone), cause: "tooMany" };
  const { held, unanswered } = await directory.findHolders(gone, sources, signal);
  if (held.size > 0) throw notWhole(held.size, "address", "nowhere that somebody has when asked by address");
  if (removals.bare > MOST_BARE)
    return { unconfirmed: new Set(removals.gone), cause: "tooMany", byIdAlone: unanswered.size };
  return removals.bare > 0
    ? { unconfirmed: unanswered, cause: "refused", byIdAlone: 0 }
    : { ...ALL_CONFIRMED, byIdAlone: unanswered.size };
}

/** Addresses that were accepted only as copies in a Mirror domain of which the tenant is asked itself from now on. */
function* noLongerMirrored({ mirrors, lost }: Proposal, { excluded, domains }: OwnRules): Steps<string[]> {
  const switched = mirrors.filter((name) => domains.includes(name));
  if (switched.length === 0) return [];
  const found: string[] = [];
  for (const address of lost) {
    if (isPauseDue()) yield;
    if (switched.some((name) => address.endsWith(`@${name}`)) && !excluded.has(address)) found.push(address);
  }
  return found;
}

function notWhole(count: number, what: "object" | "address", how: string): Failure {
  const things = count === 1 ? what : { object: "objects", address: "addresses" }[what];
  return new Failure(
    "retry",
    "ReadNotWhole",
    `the directory listed ${count} ${things} ${how}: the read was not whole; nothing was removed, it is read again`,
  );
}
