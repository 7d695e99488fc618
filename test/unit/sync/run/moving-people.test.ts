/** What happens to people in a directory, one sync after the other, to what a gateway accepts (issue 18, point 10). */
import { afterEach, describe, expect, it } from "vitest";
import { createCompany } from "../../../../dev/tenant/company.ts";
import type { ChangeCounts } from "../../../../src/recipients/model.ts";
import { createSmallWorld, peopleOf, type SmallWorld } from "../../../support/small-world.ts";

type Company = SmallWorld["company"];

let world: SmallWorld;
afterEach(() => world.close());

interface Step {
  readonly change: (company: Company) => void;
  readonly reason: string;
  /** Those that are not 0; undefined where it is held. */
  readonly changes?: Partial<ChangeCounts>;
  /** That are accepted afterwards although they were not, and the other way round. */
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
}

interface Story {
  readonly what: string;
  readonly source: string;
  readonly company: () => Company;
  readonly domain?: string;
  readonly aliasDomains?: readonly string[];
  readonly steps: readonly Step[];
}

const ADA = "ada@example.com";
function withAda(): Company {
  const company = peopleOf(100);
  company.hire(ADA, ["ada.abel@example.com", "a@example.com"]);
  return company;
}

/** What Exchange's plan takes away with it, until it is back. */
function unlicense(company: Company, who: readonly string[]): void {
  for (const each of who) {
    const person = company.find(each);
    person["before"] = { mail: person.mail, proxyAddresses: person.proxyAddresses };
    person.mail = null;
    person.proxyAddresses = [];
  }
}
function license(company: Company): void {
  for (const person of company.users.values())
    if (person["before"] !== undefined) Object.assign(person, person["before"]);
}

/** The same people under other ids, as after a restore or a move between forests. */
function recreate(company: Company, who: readonly string[]): void {
  for (const each of who) {
    const { mail, proxyAddresses } = company.find(each);
    company.remove(each);
    Object.assign(company.hire(mail ?? ""), { proxyAddresses });
  }
}

const usersUpTo = (count: number): string[] => Array.from({ length: count }, (_, index) => `user${index}@example.com`);

const STORIES: readonly Story[] = [
  {
    what: "a licence change empties a department's addresses for an hour, and nothing is lost meanwhile",
    source: "microsoftgraph/microsoft-graph-docs#460",
    company: withAda,
    steps: [
      { change: (company) => unlicense(company, usersUpTo(30)), reason: "DeletionGuard" },
      { change: license, reason: "Unchanged", changes: {} },
    ],
  },
  {
    what: "a licence change takes one person's addresses, and gives them back",
    source: "microsoftgraph/microsoft-graph-docs#460",
    company: withAda,
    steps: [
      {
        change: (company) => unlicense(company, [ADA]),
        reason: "Published",
        changes: { accountDeletes: 1, aliasDeletes: 2, total: 3 },
        removed: [ADA, "ada.abel@example.com", "a@example.com"],
      },
      {
        change: license,
        reason: "Published",
        changes: { accountAdds: 1, aliasAdds: 2, total: 3 },
        added: [ADA, "ada.abel@example.com", "a@example.com"],
      },
    ],
  },
  {
    what: "a licence change leaves the primary address alone",
    source: "microsoftgraph/microsoft-graph-docs#460",
    company: withAda,
    steps: [
      {
        change: (company) => Object.assign(company.find(ADA), { proxyAddresses: [`SMTP:${ADA}`] }),
        reason: "Published",
        changes: { aliasDeletes: 2, total: 2 },
        removed: ["ada.abel@example.com", "a@example.com"],
      },
    ],
  },
  {
    what: "a licence is taken from everybody, and mail is not refused to everybody",
    source: "microsoftgraph/microsoft-graph-docs#460",
    company: withAda,
    steps: [
      { change: (company) => unlicense(company, [ADA, ...usersUpTo(100)]), reason: "EmptyResult" },
      { change: license, reason: "Unchanged", changes: {} },
    ],
  },
  {
    what: "a primary address is changed and the old one kept, and no sync ends for it",
    source: "awslabs/ssosync#353",
    company: withAda,
    steps: [
      {
        change: (company) =>
          Object.assign(company.find(ADA), {
            mail: "ada.lovelace@example.com",
            proxyAddresses: [
              "SMTP:ada.lovelace@example.com",
              `smtp:${ADA}`,
              "smtp:ada.abel@example.com",
              "smtp:a@example.com",
            ],
          }),
        reason: "Published",
        changes: { aliasAdds: 1, total: 1 },
        added: ["ada.lovelace@example.com"],
      },
    ],
  },
  {
    what: "an address is changed and the old one is gone, and nobody else is touched",
    source: "ssoready/ssoready#164",
    company: withAda,
    steps: [
      {
        change: (company) => company.rename("user1@example.com", "user1.new@example.com"),
        reason: "Published",
        changes: { accountAdds: 1, accountDeletes: 1, total: 2 },
        added: ["user1.new@example.com"],
        removed: ["user1@example.com"],
      },
    ],
  },
  {
    what: "the directory answers well, and has nobody",
    source: "h44z/wg-portal#744",
    company: withAda,
    steps: [{ change: (company) => company.users.clear(), reason: "EmptyResult" }],
  },
  {
    what: "one source answers well, and has nobody",
    source: "go-gitea/gitea#7949",
    company() {
      const company = withAda();
      company.addGroup("team@example.com");
      return company;
    },
    steps: [{ change: (company) => company.groups.clear(), reason: "SourceVanished" }],
  },
  {
    what: "a person is re-created with a new id",
    source: "microsoft/o365-moodle#3281",
    company: withAda,
    steps: [{ change: (company) => recreate(company, [ADA]), reason: "Published", changes: {} }],
  },
  {
    what: "everybody gets a new id, and the second sync does not delete who the first one knew",
    source: "myOmikron/mailcow-ldap-sync#3",
    company: withAda,
    steps: [
      { change: (company) => recreate(company, [ADA, ...usersUpTo(100)]), reason: "Published", changes: {} },
      { change: () => {}, reason: "Unchanged", changes: {} },
    ],
  },
  {
    what: "a mailbox becomes a contact with the same address",
    source: "issue 18, point 10",
    company: withAda,
    steps: [
      {
        change(company) {
          const { proxyAddresses } = company.find(ADA);
          company.remove(ADA);
          Object.assign(company.addContact(ADA), { mail: "ada@else.where", proxyAddresses });
        },
        reason: "Published",
        changes: {},
      },
    ],
  },
  {
    what: "a mailbox becomes a contact, and both stand for a while",
    source: "timmcmic/DLConversionV2#170",
    company: withAda,
    steps: [
      { change: (company) => void company.addContact(ADA), reason: "Unchanged", changes: {} },
      {
        change(company) {
          const [person] = [...company.users.values()].filter(({ mail }) => mail === ADA);
          company.users.delete(person?.id ?? "");
        },
        reason: "Published",
        changes: { aliasDeletes: 2, total: 2 },
        removed: ["ada.abel@example.com", "a@example.com"],
      },
    ],
  },
  {
    what: "a list becomes a shared mailbox",
    source:
      "https://learn.microsoft.com/exchange/recipients-in-exchange-online/manage-distribution-groups/manage-distribution-groups",
    company() {
      const company = withAda();
      company.addGroup("info@example.com", ["office@example.com"]);
      return company;
    },
    steps: [
      {
        change(company) {
          company.remove("info@example.com");
          Object.assign(company.hire("info@example.com", ["office@example.com"]), { accountEnabled: false });
        },
        reason: "Published",
        changes: {},
      },
    ],
  },
  {
    what: "an address goes from one who left to another person, in the same sync",
    source: "keycloak/keycloak#39345",
    company: withAda,
    steps: [
      {
        change(company) {
          company.remove(ADA);
          company.hire("grace@example.com", [ADA, "a@example.com"]);
        },
        reason: "Published",
        // What goes from alias to alias is no change: the address is its identity.
        changes: { accountAdds: 1, accountDeletes: 1, aliasAdds: 1, aliasDeletes: 1, total: 4 },
        added: ["grace@example.com"],
        removed: ["ada.abel@example.com"],
      },
    ],
  },
  {
    what: "somebody who was deleted still has the address of a colleague, and Graph lists the living alone",
    source: "bitwarden/directory-connector#181",
    company: withAda,
    steps: [
      {
        change(company) {
          company.removeAlias(ADA, "a@example.com");
          company.addAlias("user1@example.com", "a@example.com");
          company.remove("user2@example.com");
        },
        reason: "Published",
        changes: { accountDeletes: 1, total: 1 },
        removed: ["user2@example.com"],
      },
    ],
  },
  {
    what: "a guest's address is taken by a contact of the same address",
    source: "MicrosoftDocs/azure-docs#104271",
    company() {
      const company = withAda();
      company.hire("partner@example.com");
      return company;
    },
    steps: [
      {
        change(company) {
          Object.assign(company.find("partner@example.com"), { mail: null, proxyAddresses: [] });
          company.addContact("partner@example.com");
        },
        reason: "Published",
        changes: {},
      },
    ],
  },
  {
    what: "the initial domain of a tenant is a domain like any other; the routing domain below it is another",
    source: "MicrosoftDocs/SupportArticles-docs#415",
    domain: "x.onmicrosoft.com",
    company() {
      const company = createCompany(["x.onmicrosoft.com", "x.mail.onmicrosoft.com"]);
      company.hire("a@x.onmicrosoft.com", ["a@x.mail.onmicrosoft.com"]);
      company.hire("b@example.com", ["b@x.mail.onmicrosoft.com"]);
      return company;
    },
    steps: [
      {
        change: (company) => company.addAlias("b@example.com", "b@x.onmicrosoft.com"),
        reason: "Published",
        changes: { accountAdds: 1, total: 1 },
        added: ["b@x.onmicrosoft.com"],
      },
    ],
  },
  {
    what: "the routing domain of a hybrid beside the initial one",
    source: "MicrosoftDocs/SupportArticles-docs#415",
    domain: "x.onmicrosoft.com",
    aliasDomains: ["x.mail.onmicrosoft.com"],
    company() {
      const company = createCompany(["x.onmicrosoft.com", "x.mail.onmicrosoft.com"]);
      company.hire("a@x.onmicrosoft.com", ["a@x.mail.onmicrosoft.com"]);
      return company;
    },
    steps: [
      {
        change: (company) => void company.hire("b@x.mail.onmicrosoft.com"),
        reason: "Published",
        changes: { accountAdds: 1, total: 1 },
        added: ["b@x.mail.onmicrosoft.com"],
      },
    ],
  },
];

describe("What happens to people", () => {
  it.each(STORIES)("$what ($source)", async ({ company, domain = "example.com", aliasDomains = [], steps }) => {
    const names = aliasDomains.map((name) => ({ name, recipients: "Directory" as const }));
    world = await createSmallWorld({ company: company(), domain: { domain, aliasDomains: names } });
    expect(await world.ask("sync", "first")).toMatchObject({ reason: "Published" });
    for (const [index, { change, reason, changes, added = [], removed = [] }] of steps.entries()) {
      const before = world.accepted();
      change(world.company);
      // An hour later; the last day's removals do not add up here.
      world.now += 25 * 3_600_000;
      expect(await world.ask("sync", `step-${index}`)).toMatchObject({ reason });
      const { lastSync, held } = world.sync().status ?? {};
      const counted = Object.entries(lastSync?.changes ?? {}).filter(([, count]) => count !== 0);
      expect(held === undefined ? Object.fromEntries(counted) : undefined).toEqual(changes);
      const kept = before.filter((address) => !removed.includes(address));
      expect(world.accepted()).toEqual([...kept, ...added].sort());
    }
  });
});
