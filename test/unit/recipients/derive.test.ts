/** From directory objects to accounts, rule by rule as the design numbers them. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDeriver, type DeriveOptions } from "../../../src/recipients/derive.ts";
import { heldBy } from "../../../src/recipients/held.ts";
import type { DirectoryObject, Source } from "../../../src/recipients/model.ts";
import { timed } from "../../support/slices.ts";
import { type ListedDerived as Derived, derive as deriveAll } from "./support/whole.ts";

const NAMES = {
  domain: "example.com",
  aliasDomains: [
    { name: "example.net", recipients: "Directory" },
    { name: "example.org", recipients: "Mirror" },
  ],
} as const;

function derive(objects: readonly DirectoryObject[], options: Partial<DeriveOptions> = {}): Derived {
  return deriveAll(objects, { names: NAMES, excludeRecords: [], staticRecipients: [], ...options });
}

/** `proxies` as the directory writes them; the first is the primary unless it is written otherwise. */
function object(
  id: string,
  mail: string | null,
  proxies: readonly string[],
  source: Source = "users",
): DirectoryObject {
  return { id, source, mail, proxyAddresses: proxies };
}

/** "primary + alias alias" for each account. */
const brief = ({ accounts }: Derived): string[] =>
  accounts.map(({ address, aliases }) => (aliases.length === 0 ? address : `${address} + ${aliases.join(" ")}`));

describe("Rule 1: an object is judged by its addresses", () => {
  it.each<[Source, string]>([
    ["users", "mailbox"],
    ["groups", "distributionList"],
    ["contacts", "contact"],
  ])("one of %s is a %s", (source, type) => {
    const derived = derive([object("1", "a@example.com", [], source)]);
    expect(derived.accounts).toEqual([{ id: "1", address: "a@example.com", type, aliases: [] }]);
    expect(derived.objects[source]).toBe(1);
  });
});

describe("Rule 2: addresses are kept in the domain and in alias domains of either kind", () => {
  it("and nowhere else", () => {
    const proxies = [
      "SMTP:a@example.com",
      "smtp:a@example.net",
      "smtp:b@example.org",
      "smtp:a@sub.example.com",
      "smtp:a@else.where",
    ];
    expect(brief(derive([object("1", null, proxies)]))).toEqual(["a@example.com + a@example.net b@example.org"]);
  });

  it("those that no gateway can carry are counted by reason, those of other domains not", () => {
    const proxies = [
      "SMTP:a@example.com",
      'smtp:"q"@example.com',
      "smtp:ö@example.com",
      "smtp:ö@else.where",
      "smtp:none",
    ];
    expect(derive([object("1", null, proxies)]).dropped).toEqual({ quoted: 1, nonAscii: 1, noAt: 1 });
  });

  it("an address that mail repeats is counted once", () => {
    expect(derive([object("1", "b b@example.com", ["smtp:b b@example.com"])]).dropped).toEqual({ blanks: 1 });
  });
});

describe("Rule 3: the primary among the kept addresses is", () => {
  it.each<[string, string | null, string[], string]>([
    [
      "the one marked SMTP:",
      "b@example.com",
      ["smtp:a@example.com", "SMTP:c@example.com", "smtp:b@example.com"],
      "c@example.com",
    ],
    ["the first of several marked ones", null, ["SMTP:d@example.com", "SMTP:c@example.com"], "c@example.com"],
    ["mail, where none is marked", "b@example.com", ["smtp:a@example.com", "smtp:b@example.com"], "b@example.com"],
    [
      "the namesake of a primary elsewhere",
      null,
      ["SMTP:z@else.where", "smtp:a@example.com", "smtp:z@example.com"],
      "z@example.com",
    ],
    ["the namesake of mail elsewhere", "z@else.where", ["smtp:a@example.com", "smtp:z@example.com"], "z@example.com"],
    [
      "the namesake by its whole local part, which may hold an @",
      "a@else.where",
      ["smtp:a@b@example.com", "smtp:a@example.com"],
      "a@example.com",
    ],
    ["else the first by code point", "x@else.where", ["smtp:b@example.com", "smtp:a@example.com"], "a@example.com"],
  ])("%s", (_, mail, proxies, primary) => {
    expect(derive([object("1", mail, proxies)]).accounts[0]?.address).toBe(primary);
  });

  it("an object that keeps nothing is no account", () => {
    expect(derive([object("1", "a@else.where", ["SIP:a@example.com"])])).toMatchObject({
      accounts: [],
      tenantAccounts: 0,
    });
  });
});

describe("Rule 4: an address that stands on two objects goes to", () => {
  it.each<[string, DirectoryObject[], string[]]>([
    [
      "the one whose primary it is",
      [
        object("1", null, ["SMTP:a@example.com", "smtp:b@example.com"]),
        object("2", null, ["SMTP:b@example.com"], "contacts"),
      ],
      ["a@example.com", "b@example.com"],
    ],
    [
      "the user before the group before the contact",
      [
        object("3", null, ["SMTP:c@example.com", "smtp:x@example.com"], "contacts"),
        object("2", null, ["SMTP:b@example.com", "smtp:x@example.com"], "groups"),
        object("9", null, ["SMTP:a@example.com", "smtp:x@example.com"]),
      ],
      ["a@example.com + x@example.com", "b@example.com", "c@example.com"],
    ],
    [
      "the lower object id",
      [
        object("2", null, ["SMTP:b@example.com", "smtp:x@example.com"]),
        object("1", null, ["SMTP:a@example.com", "smtp:x@example.com"]),
      ],
      ["a@example.com + x@example.com", "b@example.com"],
    ],
    [
      "one, and the other chooses again among what it still has",
      [
        object("1", null, ["SMTP:x@example.com"]),
        object("2", null, ["SMTP:x@example.com", "smtp:b@example.com", "smtp:c@example.com"]),
      ],
      ["b@example.com + c@example.com", "x@example.com"],
    ],
    [
      "one, and the other is no account where nothing is left",
      [object("1", "x@example.com", []), object("2", "x@example.com", [])],
      ["x@example.com"],
    ],
  ])("%s", (_, objects, accounts) => {
    const derived = derive(objects);
    expect(brief(derived)).toEqual(accounts);
    expect(derived.conflicts).toHaveLength(1);
  });
});

describe("Rule 5: excludeRecords", () => {
  const objects = [
    object("1", null, ["SMTP:a@example.com", "smtp:test.a@example.com"]),
    object("2", null, ["SMTP:test@example.com", "smtp:b@example.com"]),
  ];

  it("leave a whole account out by its primary, and an alias alone", () => {
    const derived = derive(objects, { excludeRecords: ["TEST*"] });
    expect(brief(derived)).toEqual(["a@example.com"]);
    expect(derived.excluded).toEqual(["b@example.com", "test.a@example.com", "test@example.com"]);
    expect(derived.tenantAccounts).toBe(1);
  });
});

describe("Rule 6: staticRecipients", () => {
  it("are added last, are never excluded, and do not count as the tenant's", () => {
    const derived = derive([object("1", "a@example.com", [])], {
      excludeRecords: ["*"],
      staticRecipients: ["All@example.com", "all@example.com"],
    });
    expect(derived.accounts).toEqual([
      { id: "static:all@example.com", address: "all@example.com", type: "static", aliases: [] },
    ]);
    expect(derived.tenantAccounts).toBe(0);
  });

  it("are not added where the tenant has the address already, as primary or alias", () => {
    const derived = derive([object("1", null, ["SMTP:a@example.com", "smtp:b@example.com"])], {
      staticRecipients: ["a@example.com", "b@example.com"],
    });
    expect(brief(derived)).toEqual(["a@example.com + b@example.com"]);
  });

  it("of other domains are named", () => {
    expect(derive([], { staticRecipients: ["a@else.where", "nonsense"] }).invalidStatics).toEqual([
      "a@else.where",
      "nonsense",
    ]);
  });
});

describe("Whatever the directory holds", () => {
  const address = fc
    .tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("example.com", "example.net", "else.where"))
    .map(([local, domain]) => `${local}@${domain}`);
  const proxy = fc.tuple(fc.constantFrom("SMTP:", "smtp:", "SIP:"), address).map(([prefix, text]) => prefix + text);
  const entry = fc.record({
    id: fc.constantFrom("1", "2", "3", "4", "5"),
    mail: fc.option(address),
    proxyAddresses: fc.array(proxy, { maxLength: 5 }),
  });
  const objects = fc.array(entry, { maxLength: 8 }).map((entries) =>
    // A source belongs to an id.
    entries.map(
      (each): DirectoryObject => ({
        ...each,
        source: (["users", "groups", "contacts"] as const)[Number(each.id) % 3] ?? "users",
      }),
    ),
  );

  it("the order of input never matters", () => {
    fc.assert(
      fc.property(objects, fc.infiniteStream(fc.nat()), (input, chance) => {
        const shuffled = input
          .map((each) => ({ each, at: chance.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        expect(derive(shuffled)).toEqual(derive(input));
      }),
    );
  });

  it("nor does the order in which one object comes twice", () => {
    const there: DirectoryObject = {
      id: "1",
      source: "users",
      mail: "b@elsewhere.org",
      proxyAddresses: ["SMTP:b@elsewhere.org"],
    };
    const here: DirectoryObject = {
      ...there,
      mail: null,
      proxyAddresses: ["smtp:a@example.com", "smtp:b@example.com"],
    };
    expect(derive([there, here])).toEqual(derive([here, there]));
  });

  it("every address of the domains stands exactly once", () => {
    fc.assert(
      fc.property(objects, (input) => {
        const all = derive(input).accounts.flatMap(({ address: primary, aliases }) => [primary, ...aliases]);
        const wanted = new Set(
          input
            .flatMap(({ mail, proxyAddresses }) => [`smtp:${mail}`, ...proxyAddresses])
            .filter((raw) => /^smtp:.*@example\.(com|net)$/i.test(raw))
            .map((raw) => raw.slice(5)),
        );
        expect([...all].sort()).toEqual([...wanted].sort());
      }),
    );
  });

  it("the same objects twice are the same accounts", () => {
    fc.assert(
      fc.property(objects, (input) => {
        expect(derive([...input, ...input]).accounts).toEqual(derive(input).accounts);
      }),
    );
  });
});

describe("An object with more addresses than any has ends the read", () => {
  const values = (time: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `smtp:u${time}.${index}@example.com`);
  const MOST = 10_000;

  it("and not one with as many", () => {
    expect(derive([object("1", null, values(0, MOST))]).accounts).toHaveLength(1);
    expect(() => derive([object("1", null, values(0, MOST + 1))])).toThrow("came with more than 10000 addresses");
  });

  it("where it comes again and again with others", () => {
    expect(() => derive([0, 1].map((time) => object("1", null, values(time, 9000))))).toThrow(
      "more than 10000 addresses",
    );
  });

  it("at once, where each of its values holds hundreds: two million of them (4)", () => {
    const many = Array.from({ length: 300 }, (_, index) => `a${index}@x.com`).join(" ");
    const proxies = Array.from({ length: 7000 }, (_, index) => `smtp:${index}${many}`);
    const bomb = object("1", null, proxies);
    const deriver = createDeriver({ names: NAMES, excludeRecords: [], staticRecipients: [] });
    for (const look of [() => deriver.add(bomb), () => heldBy(bomb, new Set())])
      expect(timed(() => expect(look).toThrow("more than 10000 addresses"))).toBeLessThan(50);
  });
});
