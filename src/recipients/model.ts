/** The words of this project as types: directory objects come in, accounts and tables go out. */

/** The three collections of the directory that can hold recipients. */
export const SOURCES = ["users", "groups", "contacts"] as const;
export type Source = (typeof SOURCES)[number];

/** One object of the directory, reduced to what decides about mail. */
export interface DirectoryObject {
  readonly id: string;
  readonly source: Source;
  readonly mail: string | null;
  /** As the directory gives them: `SMTP:primary@…`, `smtp:alias@…`, and other schemes. */
  readonly proxyAddresses: readonly string[];
  /** When it was made, in milliseconds since the epoch, where that was asked for and is known. */
  readonly made?: number;
}

export type AccountType = "mailbox" | "distributionList" | "contact" | "static";

/** One directory object at the gateway. Addresses are lower-case; `aliases` is sorted and never holds `address`. */
export interface Account {
  /** The directory's object id; `static:<address>` for a static recipient. */
  readonly id: string;
  readonly address: string;
  readonly type: AccountType;
  readonly aliases: readonly string[];
}

export interface AliasDomain {
  readonly name: string;
  /** Directory: only addresses that the tenant has there. Mirror: every recipient of the domain, same local part. */
  readonly recipients: "Directory" | "Mirror";
}

/** What a table needs to know of a MailDomain. */
export interface DomainNames {
  readonly domain: string;
  readonly aliasDomains: readonly AliasDomain[];
}

export type ChangeKind = "accountAdd" | "accountDelete" | "aliasAdd" | "aliasDelete";

export interface Change {
  readonly kind: ChangeKind;
  readonly address: string;
  /** The account behind the address: in the wish for an add, in the baseline for a delete; absent where the baseline is bare addresses. */
  readonly account?: Pick<Account, "id" | "address" | "type"> | undefined;
}

export interface ChangeCounts {
  readonly accountAdds: number;
  readonly accountDeletes: number;
  readonly aliasAdds: number;
  readonly aliasDeletes: number;
  readonly total: number;
}

/** Changes one after the other; a large list makes each of them when it is asked for. */
export interface Changes extends Iterable<Change> {
  readonly length: number;
  at(index: number): Change | undefined;
}

/** The difference between baseline and wish. */
export interface Plan {
  /** Sorted: deletes before adds, then by address. */
  readonly changes: Changes;
  readonly counts: ChangeCounts;
  /** Names exactly these changes; equal for equal sets of (kind, address). 20 hex digits. */
  readonly digest: string;
}
