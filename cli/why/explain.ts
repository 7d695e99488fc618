/** From facts to an answer: is the address accepted, why or why not, and what to do. Pure. */
import { readableTime } from "../../src/base/time.ts";
import type { LeftOutEntry } from "../../src/recipients/left-out.ts";
import type { Dropped, DropReason } from "../../src/recipients/smtp-address.ts";
import type { Address, DomainFacts, DroppedFacts, SyncFacts } from "./facts.ts";

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

/** `left`: ConfigMaps that route the domain although no MailDomain names it any more. */
export function explain(
  address: Address,
  facts: readonly DomainFacts[],
  scope: string,
  left: readonly string[] = [],
): Explanation {
  const answers = facts.map((domain) => explainOne(address, domain));
  const best =
    answers.find(({ accepted }) => accepted === true) ??
    answers.find(({ accepted }) => accepted === undefined) ??
    answers[0];
  if (best !== undefined) return best;
  return { address: address.address, accepted: undefined, reasons: [unnamed(address, scope, left)] };
}

function unnamed({ domain }: Address, scope: string, left: readonly string[]): Reason {
  const message = `no MailDomain ${scope} names ${domain}`;
  if (left.length === 0)
    return { kind: "noMailDomain", message, cure: "look in all namespaces with -A, or make a MailDomain for it" };
  return {
    kind: "noMailDomain",
    message: `${message}, but ${left.join(", ")}, left by one that was deleted, still routes it: a gateway that reads it may still accept whom its last list has`,
    cure: "make the MailDomain and its O365Sync again, which take the list over; or delete what is left (label o365sync.dev/domain)",
  };
}

/** What the tenant may call an address and no gateway does. */
export function explainDropped(text: string, { dropped }: Dropped, facts: readonly DroppedFacts[]): Explanation {
  const address = text.trim();
  const [found] = facts;
  if (found === undefined)
    return {
      address,
      accepted: false,
      reasons: [
        { kind: "dropped", message: `it is no address that a gateway can carry: ${DROPPED[dropped]} (${dropped})` },
      ],
    };
  const { namespace, mailDomain, sync, entries } = found;
  return { address, accepted: false, namespace, mailDomain, sync, reasons: entries.map((each) => leftOut(each, sync)) };
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
  const { entries } = sync.leftOut;
  // What else there is to know: who lost it, and which table cannot carry it.
  reasons.push(
    ...entries.filter(({ reason }) => reason === "conflict").map((each) => conflictBeside(each)),
    ...entries
      .filter(({ reason, address: of }) => reason === "format" && of === address.address)
      .map((each) => leftOut(each, sync.name)),
  );
  if (sync.held?.fate === "removed")
    reasons.push({
      kind: "leavesByPlan",
      message: `the held plan ${sync.held.digest} would remove it`,
      cure: `look at it before it is approved: kubectl mailsync plan ${sync.name}`,
    });
  if (sync.held?.fate === "unknown") reasons.push(unknownFate(sync.held, sync.name));
  return reasons;
}

function owned({ address, local }: Address, { owner, arrival, name }: SyncFacts): Reason {
  const known = arrival?.kind === "added" && arrival.isLast;
  const since = known ? `, since ${when(arrival.time)} (${arrival.run})` : "";
  if (owner === undefined) {
    if (REQUIRED.includes(local))
      return { kind: "required", message: `${local} is accepted at every domain that ${name} publishes (RFC 5321)` };
    return { kind: "listed", message: `it stands in the tables of ${name}${since}` };
  }
  const who = `${TYPES[owner.type]} ${owner.address} (object ${owner.id})`;
  if (owner.how === "primary") return { kind: "account", message: `it is the ${who}${since}` };
  if (owner.how === "alias") return { kind: "alias", message: `it is an alias of the ${who}${since}` };
  return { kind: "mirrored", message: `${address} repeats an address of the ${who} in a Mirror domain${since}` };
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
  reasons.push(...waiting(sync));
  const { entries } = sync.leftOut;
  const own = entries.filter(({ address: of }) => of === address.address);
  // That a format has no room for what it repeats is told of the address itself, where it is.
  const isTold = ({ reason }: LeftOutEntry): boolean =>
    reason === "format" && own.some((each) => each.reason === reason);
  const told = entries.filter((each) => own.includes(each) || !isTold(each));
  reasons.push(...told.map((each) => inMirror(address, sync, each, leftOut(each, sync.name))));
  const gone = removed(sync);
  if (gone !== undefined) reasons.push(gone);
  const isExplained = reasons.some(({ kind }) => kind !== "removed" && kind !== "unknown");
  if (!isExplained) reasons.push(...(notTold(sync) ?? [notInTenant(sync)]));
  if (!domain.routed && sync.publishedAt !== undefined)
    reasons.push({
      ...notRouted(address, domain),
      message: `besides, ${address.domain} is not routed: ${domain.routing}`,
    });
  return reasons;
}

function waiting({ held, carried, name }: SyncFacts): Reason[] {
  if (held?.fate === "unknown") return [unknownFate(held, name)];
  if (held?.fate !== "added") return [];
  if (!carried)
    return [
      {
        kind: "format",
        message: `the plan ${held.digest}, held since ${when(held.since)}, would add it, but no table of spec.output.formats can carry it`,
      },
    ];
  return [
    {
      kind: "waitsInPlan",
      message: `it waits in the plan ${held.digest}, held since ${when(held.since)}`,
      cure: `kubectl mailsync plan ${name}, then approve it`,
    },
  ];
}

const unknownFate = ({ digest, since }: NonNullable<SyncFacts["held"]>, name: string): Reason => ({
  kind: "unknown",
  message: `the plan ${digest}, held since ${when(since)}, is not kept in full: what it would do to this address cannot be told`,
  cure: `kubectl mailsync preview ${name} reads the tenant again`,
});

function removed({ arrival, carried }: SyncFacts): Reason | undefined {
  // What no table can carry came to the accounts and went from there, and was never accepted.
  if (arrival === undefined || !carried) return undefined;
  const { kind, time, run } = arrival;
  if (kind === "removed") return { kind: "removed", message: `it was removed on ${when(time)} by ${run}` };
  return {
    kind: "removed",
    message: `it was added on ${when(time)} by ${run}, and removed since by a run of which no full list is kept`,
  };
}

/** Why nobody can say whether the tenant has it; undefined where one can. */
function notTold({ name, leftOut: { more, damaged, pattern } }: SyncFacts): Reason[] | undefined {
  if (more === 0 && !damaged) return undefined;
  const file = `the ConfigMap ${name}-left-out`;
  const why = damaged
    ? `${file} is not as the operator wrote it`
    : `${file} is full, and ${more} more that were left out do not stand in it`;
  const hint = pattern === undefined ? "" : `; the pattern ${pattern} of spec.excludeRecords leaves it out if it has`;
  return [
    {
      kind: "unknown",
      message: `whether the tenant has it cannot be told: ${why}${hint}`,
      cure: damaged ? `kubectl mailsync sync ${name} writes it anew` : "look the address up in the tenant",
    },
  ];
}

/** What happened to the original happened to what repeats it. */
function inMirror({ address }: Address, { original }: SyncFacts, entry: LeftOutEntry, reason: Reason): Reason {
  if (original === undefined || entry.address === address) return reason;
  return { ...reason, message: `it would repeat ${original} in a Mirror domain: ${reason.message}` };
}

const conflictBeside = ({ address, object, keptBy }: LeftOutEntry): Reason => ({
  kind: "conflict",
  message: `the object ${object ?? "of another kind"} has ${address} too; it is kept by ${keptBy ?? "another object"}`,
  cure: "take it from one of the two in the tenant",
});

/** Why no gateway can carry an address. */
const DROPPED: Readonly<Record<DropReason | "noAddress", string>> = {
  quoted: "it has quotation marks",
  nonAscii: "it has characters beyond ASCII",
  blanks: "it has blanks or control characters",
  localPartTooLong: "what stands before the @ is longer than 64 characters",
  tooLong: "it is longer than 254 characters",
  sourceRoute: "mail servers read what begins with an @ and has a colon as a route to another address",
  noAt: "nothing stands before or behind an @",
  noAddress: "it has no address yet",
};

function leftOut(entry: LeftOutEntry, name: string): Reason {
  const { reason, object, pattern } = entry;
  const whose = object === undefined ? "" : ` (object ${object})`;
  if (reason === "conflict") return conflictBeside(entry);
  if (reason === "excluded")
    return {
      kind: "excluded",
      message: `the tenant has it${whose}, and spec.excludeRecords leaves it out${pattern === undefined ? "" : ` by ${pattern}`}`,
      cure: `take the pattern out of ${name}, if that was not meant`,
    };
  if (reason === "format")
    return {
      kind: "format",
      message: `the tenant has it${whose}, and a table of spec.output.formats cannot carry it`,
      cure: "give the object an address without # / and the like, or publish another format",
    };
  return {
    kind: "dropped",
    message: `the tenant has it${whose}, and no gateway can carry it: ${DROPPED[reason]} (${reason})`,
    cure: "give the object an address that SMTP can carry everywhere",
  };
}

function notInTenant({ name, lastSuccessfulTime, next, suspended, sources }: SyncFacts): Reason {
  const asOf = lastSuccessfulTime === undefined ? "" : `, as of ${when(lastSuccessfulTime)}`;
  const wait = suspended ? "; the object is suspended" : next === undefined ? "" : `; the next sync: ${next}`;
  return {
    kind: "notInTenant",
    message: `none of the tenant's ${listed(sources)} has it${asOf}${wait}`,
    cure: `if it is new there: kubectl mailsync sync ${name}. A dynamic list or a public folder goes into spec.staticRecipients`,
  };
}

/** "users, groups and contacts" */
const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

const when = (time: string): string => {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? "an unknown day" : readableTime(ms);
};
