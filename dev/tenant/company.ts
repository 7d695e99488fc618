/** A company as its directory keeps it: users, groups, contacts, and the changes that happen to them. */
import { randomUUID } from "node:crypto";

export interface DirectoryEntry {
  readonly id: string;
  displayName: string;
  mail: string | null;
  proxyAddresses: string[];
  [property: string]: unknown;
}

/** A copy of a company's objects that no later change reaches. */
export function snapshot({ users, groups, contacts }: Pick<Company, "users" | "groups" | "contacts">) {
  const copies = structuredClone({
    users: [...users.values()],
    groups: [...groups.values()],
    contacts: [...contacts.values()],
  });
  return (collection: Collection): readonly DirectoryEntry[] => copies[collection];
}

export interface User extends DirectoryEntry {
  userPrincipalName: string;
  accountEnabled: boolean;
  userType: "Member" | "Guest";
}

export interface Group extends DirectoryEntry {
  mailEnabled: boolean;
  securityEnabled: boolean;
  groupTypes: string[];
}

export type Collection = "users" | "groups" | "contacts";

/** Every change is seen by the next request. */
export interface Company {
  readonly domains: string[];
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  readonly contacts: Map<string, DirectoryEntry>;
  /** Makes a mailbox user; `aliases` are whole addresses. */
  hire(address: string, aliases?: readonly string[]): User;
  addGroup(address: string, aliases?: readonly string[]): Group;
  addContact(address: string): DirectoryEntry;
  /** Takes an object away, by its id or primary address. */
  remove(who: string): void;
  addAlias(who: string, alias: string): void;
  removeAlias(who: string, alias: string): void;
  /** Gives an object another primary address; the old one goes. */
  rename(who: string, address: string): void;
  find(who: string): DirectoryEntry;
  /** Of who comes from now on it is told when they were made. Default: it is not told. */
  now?: () => number;
}

export function createCompany(domains: readonly string[], newId: () => string = randomUUID): Company {
  const users = new Map<string, User>();
  const groups = new Map<string, Group>();
  const contacts = new Map<string, DirectoryEntry>();
  const collections: readonly Map<string, DirectoryEntry>[] = [users, groups, contacts];

  const entry = (address: string, aliases: readonly string[]): DirectoryEntry => ({
    id: newId(),
    displayName: address.split("@")[0] ?? address,
    mail: address,
    proxyAddresses: [`SMTP:${address}`, ...aliases.map((alias) => `smtp:${alias}`)],
    ...(company.now === undefined ? {} : { createdDateTime: new Date(company.now()).toISOString() }),
  });

  function find(who: string): DirectoryEntry {
    for (const collection of collections) {
      const found =
        collection.get(who) ?? [...collection.values()].find(({ mail }) => mail?.toLowerCase() === who.toLowerCase());
      if (found !== undefined) return found;
    }
    throw new Error(`nobody here is ${who}`);
  }

  const company: Company = {
    domains: [...domains],
    users,
    groups,
    contacts,
    find,
    hire(address, aliases = []) {
      const base = entry(address, aliases);
      const user: User = { ...base, userPrincipalName: address, accountEnabled: true, userType: "Member" };
      users.set(user.id, user);
      return user;
    },
    addGroup(address, aliases = []) {
      const group: Group = { ...entry(address, aliases), mailEnabled: true, securityEnabled: false, groupTypes: [] };
      groups.set(group.id, group);
      return group;
    },
    addContact(address) {
      // Contacts do not tell it.
      const { createdDateTime: _, ...contact } = entry(address, []);
      contacts.set(contact.id, contact);
      return contact;
    },
    remove(who) {
      const { id } = find(who);
      for (const collection of collections) collection.delete(id);
    },
    addAlias: (who, alias) => void find(who).proxyAddresses.push(`smtp:${alias}`),
    removeAlias(who, alias) {
      const found = find(who);
      found.proxyAddresses = found.proxyAddresses.filter(
        (proxy) => proxy.toLowerCase() !== `smtp:${alias.toLowerCase()}`,
      );
    },
    rename(who, address) {
      const found = find(who);
      found.proxyAddresses = [`SMTP:${address}`, ...found.proxyAddresses.filter((proxy) => !proxy.startsWith("SMTP:"))];
      found.mail = address;
    },
  };
  return company;
}
