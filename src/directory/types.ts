/** Microsoft 365 as a source of recipients: the contract between directory/ and the controllers. */
import type { DirectoryObject, Source } from "../recipients/model.ts";
import type { Patience } from "./http/retry.ts";

export type Cloud = "Global" | "USGovernmentGCCHigh" | "USGovernmentDoD" | "China";

/** Origins without a trailing slash, https only. */
export interface CloudEndpoints {
  readonly authority: string;
  readonly graph: string;
}

export type Credential =
  | { readonly kind: "clientSecret"; readonly clientId: string; readonly clientSecret: string }
  | {
      readonly kind: "certificate";
      readonly clientId: string;
      readonly certificate: string;
      readonly privateKey: string;
    }
  | { readonly kind: "workloadIdentity"; readonly clientId: string; readonly tokenFile: string };

/** Everything that names one way into one tenant. */
export interface Connection {
  readonly cloud: Cloud;
  readonly tenantId: string;
  readonly credential: Credential;
}

export type EnabledSources = Readonly<Record<Source, boolean>>;

export interface Authorization {
  /** Application roles that the token carries. */
  readonly roles: readonly string[];
  /** Roles that `sources` need and the token lacks, by name. */
  readonly missing: readonly string[];
}

export interface ReadStats {
  readonly users: number;
  readonly groups: number;
  readonly contacts: number;
  /** Requests to Graph, retries included; token requests are not counted. 0 where another object's read was used. */
  readonly requests: number;
}

/** What became of an object that was asked for by id: its SMTP addresses (`proxyAddresses` and `mail`, raw), or "gone". */
export type Confirmation = DirectoryObject | "gone";

/** An object that is asked for by id. */
export interface AskedObject {
  readonly id: string;
  readonly source: Source;
  /** Where only these matter: of what the object has no others are kept. */
  readonly addresses?: readonly string[];
}

/** What was found of addresses that were asked for. */
export interface Holders {
  /** Those that somebody has; what a group has that receives no mail does not count. */
  readonly held: ReadonlySet<string>;
  /** Addresses about which some source does not answer: the tenant refuses such filters. */
  readonly unanswered: ReadonlySet<string>;
}

export interface Sharing {
  /** Names the very credential; only who names the same shares. */
  readonly key: string;
  /** A read that began earlier, in milliseconds since the epoch, is too old to be used. */
  readonly notBefore: number;
}

export interface ReadOptions {
  readonly sources: EnabledSources;
  readonly signal: AbortSignal;
  /** Present when others read this tenant too: what one reads now, all of them may use. */
  readonly sharing?: Sharing | undefined;
  /** Called once for every object, in no order; the same id may come twice when the directory changes meanwhile. */
  readonly onObject: (object: DirectoryObject) => void;
}

/** Where a collection is asked from: Graph's own link, opaque, good for seven days. */
export type DeltaLink = string;

/** Addresses that a delta names of an object, as they stand there: none of one that it calls removed. */
export type Named = ReadonlySet<string>;

export type DeltaAnswer =
  | { readonly kind: "changed"; readonly objects: ReadonlyMap<string, Named>; readonly link: DeltaLink }
  /** Graph no longer knows the link, or more has changed than is worth following: only a full read tells. */
  | { readonly kind: "lost" };

/** Where each source is asked from. */
export type FeedLinks = Readonly<Partial<Record<Source, DeltaLink>>>;

/** A place in a feed. What comes after it has not been told to whoever holds it. */
export interface FeedPlace {
  readonly links: FeedLinks;
  /** When the last of the links had been given out, in milliseconds since the epoch: a read that begins later misses nothing. */
  readonly time: number;
}

export type FeedAnswer =
  /** Objects as they are now, some of them perhaps unchanged; who holds `place` has been told of everything before it. */
  | { readonly kind: "told"; readonly objects: readonly DirectoryObject[]; readonly place: FeedPlace }
  /** What changed since is not to be had: only a full read tells. */
  | { readonly kind: "lost" };

export interface Feed {
  /** A place that everything that changes from now on comes after. Asked for before a full read begins. */
  begin(sources: EnabledSources, signal: AbortSignal): Promise<FeedPlace>;
  /** What changed since `place`. A round that began, or failed, within the last `freshMs` is not asked again. */
  since(place: FeedPlace, sources: EnabledSources, freshMs: number, signal: AbortSignal): Promise<FeedAnswer>;
}

/**
 * One tenant. Every method throws `Failure` (api/failure.ts) and nothing else, except the signal's reason when it aborts.
 * A read is all or nothing: if it resolves, every chain came to its end and every page was well-formed.
 */
export interface Directory {
  /** Obtains a token (a fresh one when asked) and says which roles it carries. Does not throw for missing roles. */
  authorize(options: { sources: EnabledSources; fresh: boolean; signal: AbortSignal }): Promise<Authorization>;
  /**
   * Lower-case names of the tenant's verified domains; undefined where the permission for it is missing. What others of
   * this connection were told in the last five minutes is told again where it names `hoped`.
   */
  verifiedDomains(signal: AbortSignal, hoped?: string): Promise<readonly string[] | undefined>;
  read(options: ReadOptions): Promise<ReadStats>;
  /** Numbers of records seen on one short page of each enabled source. */
  sample(sources: EnabledSources, signal: AbortSignal): Promise<Omit<ReadStats, "requests">>;
  /** Asks for objects by id, in batches of 20. The answer has every id that was asked. */
  confirm(objects: readonly AskedObject[], signal: AbortSignal): Promise<ReadonlyMap<string, Confirmation>>;
  /** Asks the enabled sources who has one of these addresses now. */
  findHolders(addresses: readonly string[], sources: EnabledSources, signal: AbortSignal): Promise<Holders>;
  /** What changes in it, for all who come with the very same credential. */
  readonly feed: Feed;
}

/** Keeps token caches per credential, so that objects with the very same connection share one token. */
export interface DirectoryProvider {
  /** With short patience one attempt and 10 s a request, past the queue of those who read. @default long */
  connect(connection: Connection, patience?: Patience): Directory;
}
