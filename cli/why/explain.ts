/** From facts to an answer: is the address accepted, why or why not, and what to do. Pure. */
import { readableTime } from "../../src/base/time.ts";
import type { Address, DomainFacts, SyncFacts } from "./facts.ts";

/** One cause, as data and as a sentence. */
export interface Reason {
  readonly kind: ReasonKind;
  readonly message: string;
  /** What a person can do about it. */
  readonly cure?: string;
}

export type ReasonKind =
  | "account"
  | "alias"
  | "mirrored"
  | "required"
  | "listed"
  | "noMailDomain"
  | "noSync"
  | "nothingPublished"
  | "notRouted"
  | "excluded"
  | "dropped"
  | "conflict"
  | "format"
  | "removed"
  | "waitsInPlan"
  | "leavesByPlan"
  | "notInTenant"
  | "unknown";

export interface Explanation {
  readonly address: string;
  /** Undefined: it cannot be told. */
  readonly accepted: boolean | undefined;
  readonly namespace?: string;
  readonly mailDomain?: string;
  readonly sync?: string;
  readonly reasons: readonly Reason[];
}

/** RFC 5321 section 4.5.1 and RFC 2142: accepted at every domain, whoever is in the tenant. */
const REQUIRED: readonly string[] = ["postmaster", "abuse"];

export function explain(address: Address, facts: readonly DomainFacts[], scope: string): Explanation {
  const answers = facts.map((domain) => explainOne(address, domain));
  const best =
    answers.find(({ accepted }) => accepted === true) ??
    answers.find(({ accepted }) => accepted === undefined) ??
    answers[0];
  if (best !== undefined) return best;
  return {
    address: address.address,
    accepted: undefined,
    reasons: [
      {
        kind: "noMailDomain",
        message: `no MailDomain ${scope} names ${address.domain}`,
        cure: "look in all namespaces with -A, or make a MailDomain for it",
      },
    ],
  };
}

function explainOne(address: Address, domain: DomainFacts): Explanation {
  const { namespace, mailDomain, sync } = domain;
  const about = { address: address.address, namespace, mailDomain, ...(sync === undefined ? {} : { sync: sync.name }) };
  if (sync === undefined) {
    const reason: Reason = {
      kind: "noSync",
      message: `the MailDomain ${mailDomain} has no O365Sync: ${domain.routing}`,
      cure: `make an O365Sync with domainRef ${mailDomain}`,
    };
    return { ...about, accepted: domain.routed ? undefined : false, reasons: [reason] };
  }
  const listed = sync.listed ?? (sync.owner !== undefined || REQUIRED.includes(address.local));
  if (listed && domain.routed) return { ...about, accepted: true, reasons: accepting(address, sync) };
  if (listed) return { ...about, accepted: false, reasons: [notRouted(address, domain)] };
  return { ...about, accepted: false, reasons: refusing(address, domain, sync) };
}

function accepting(address: Address, sync: SyncFacts): Reason[] {
  const reasons: Reason[] = [owned(address, sync)];
  if (sync.held?.fate === "removed")
    reasons.push({
      kind: "leavesByPlan",
      message: `the held plan ${sync.held.digest} would remove it`,
      cure: `look at it before it is approved: kubectl mailsync plan ${sync.name}`,
    });
  return reasons;
}

function owned({ address, local }: Address, { owner, arrival, name }: SyncFacts): Reason {
  const since = arrival?.kind === "added" ? `, since ${when(arrival.time)} (${arrival.run})` : "";
  if (owner === undefined) {
    if (REQUIRED.includes(local))
      return { kind: "required", message: `${local} is accepted at every domain that ${name} publishes (RFC 5321)` };
    return { kind: "listed", message: `it stands in the tables of ${name}${since}` };
  }
  const who = `${TYPES[owner.type]} ${owner.address} (object ${owner.id})`;
  if (owner.how === "primary") return { kind: "account", message: `it is the ${who}${since}` };
  if (owner.how === "alias") return { kind: "alias", message: `it is an alias of the ${who}${since}` };
  return { kind: "mirrored", message: `${address} repeats an address of the ${who} in a Mirror domain` };
}

const TYPES = {
  mailbox: "mailbox",
  distributionList: "distribution list",
  contact: "contact",
  static: "static recipient",
} as const;

const notRouted = ({ domain: name }: Address, { mailDomain, routing }: DomainFacts): Reason => ({
  kind: "notRouted",
  message: `it is on the list, but ${name} is not routed: ${routing}`,
  cure: `put the MailDomain ${mailDomain} right`,
});

function refusing(address: Address, domain: DomainFacts, sync: SyncFacts): Reason[] {
  const reasons: Reason[] = [];
  if (sync.publishedAt === undefined)
    reasons.push({
      kind: "nothingPublished",
      message: `${sync.name} has published no list yet: ${sync.ready.message}`,
      cure: `kubectl mailsync sync ${sync.name}`,
    });
  if (sync.held?.fate === "added")
    reasons.push({
      kind: "waitsInPlan",
      message: `it waits in the plan ${sync.held.digest}, held since ${when(sync.held.since)}`,
      cure: `kubectl mailsync plan ${sync.name}, then approve it`,
    });
  reasons.push(...sync.leftOut.map((each) => leftOutReason(each, sync)));
  if (sync.arrival?.kind === "removed")
    reasons.push({ kind: "removed", message: `it was removed on ${when(sync.arrival.time)} by ${sync.arrival.run}` });
  if (reasons.every(({ kind }) => kind === "removed")) reasons.push(notInTenant(sync));
  if (!domain.routed && sync.publishedAt !== undefined)
    reasons.push({
      ...notRouted(address, domain),
      message: `besides, ${address.domain} is not routed: ${domain.routing}`,
    });
  return reasons;
}

function leftOutReason({ reason, object, pattern, keptBy }: SyncFacts["leftOut"][number], { name }: SyncFacts): Reason {
  const whose = object === undefined ? "" : ` (object ${object})`;
  if (reason === "excluded")
    return {
      kind: "excluded",
      message: `the tenant has it${whose}, and spec.excludeRecords leaves it out${pattern === undefined ? "" : ` by ${pattern}`}`,
      cure: `take the pattern out of ${name}, if that was not meant`,
    };
  if (reason === "conflict")
    return {
      kind: "conflict",
      message: `the object${object === undefined ? "" : ` ${object}`} has it too; it is kept by ${keptBy ?? "another object"}`,
      cure: "take it from one of the two in the tenant",
    };
  if (reason === "format")
    return { kind: "format", message: `a format of spec.output.formats cannot carry it${whose}` };
  return {
    kind: "dropped",
    message: `the tenant has it${whose}, and no gateway can carry it (${reason})`,
    cure: "give the object an address that SMTP can carry everywhere",
  };
}

function notInTenant({ name, lastSuccessfulTime, next, suspended }: SyncFacts): Reason {
  const asOf = lastSuccessfulTime === undefined ? "" : `, as of ${when(lastSuccessfulTime)}`;
  const wait = suspended ? "; the object is suspended" : next === undefined ? "" : `; the next sync: ${next}`;
  return {
    kind: "notInTenant",
    message: `no user, group or contact of the tenant has it${asOf}${wait}`,
    cure: `if it is new there: kubectl mailsync sync ${name}`,
  };
}

const when = (time: string): string => {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? "an unknown day" : readableTime(ms);
};
