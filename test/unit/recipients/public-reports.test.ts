/**
 * Public reports of directory syncs, played against ours (issue 18): each row has its source, what people met there, and
 * what becomes of it here. Issues and pull requests are named by repository and number on GitHub.
 */
import { describe, expect, it } from "vitest";
import { refused } from "../../../src/directory/errors/to-failure.ts";
import type { DirectoryObject, Source } from "../../../src/recipients/model.ts";
import { derive } from "./support/whole.ts";

const NAMES = { domain: "example.com", aliasDomains: [{ name: "example.net", recipients: "Directory" }] } as const;

const of =
  (source: Source) =>
  (id: string, mail: string | null, ...proxyAddresses: string[]): DirectoryObject => ({
    id,
    source,
    mail,
    proxyAddresses,
  });
const user = of("users");
const group = of("groups");
const contact = of("contacts");

interface Report {
  readonly source: string;
  readonly met: string;
  readonly objects: readonly DirectoryObject[];
  readonly excludeRecords?: readonly string[];
  /** "primary + alias alias". */
  readonly accounts: readonly string[];
  /** "reason address" of what is left out. */
  readonly leftOut?: readonly string[];
}

const DIRECTORIES: readonly Report[] = [
  {
    source: "MicrosoftDocs/azure-docs#71528",
    met: "mail and the primary SMTP address differ; the marked one wins",
    objects: [user("1", "b@example.com", "SMTP:a@example.com")],
    accounts: ["a@example.com + b@example.com"],
  },
  {
    source: "MicrosoftDocs/SupportArticles-docs#387",
    met: "the sign-in name always comes along as a secondary address",
    objects: [user("1", "a@example.com", "SMTP:a@example.com", "smtp:upn@example.com")],
    accounts: ["a@example.com + upn@example.com"],
  },
  {
    source: "MicrosoftDocs/SupportArticles-docs#415",
    met: "several onmicrosoft.com addresses on one user; none is of these domains",
    objects: [user("1", null, "SMTP:a@example.com", "smtp:a@x.onmicrosoft.com", "smtp:a@x.mail.onmicrosoft.com")],
    accounts: ["a@example.com"],
  },
  {
    source: "MicrosoftDocs/azure-docs#39759",
    met: "an administrator's primary is onmicrosoft.com; an alias that matches a pattern goes alone",
    objects: [
      user(
        "1",
        "adm@x.onmicrosoft.com",
        "SMTP:adm@x.onmicrosoft.com",
        "smtp:adm@example.com",
        "smtp:a-test@example.com",
      ),
    ],
    excludeRecords: ["a-*"],
    accounts: ["adm@example.com"],
    leftOut: ["excluded a-test@example.com"],
  },
  {
    source: "MicrosoftDocs/OfficeDocs-O365ITPro#805",
    met: "an address that was moved stays with the former owner for a while; the one whose primary it is gets it",
    objects: [user("1", null, "SMTP:left@example.com", "smtp:a@example.com"), user("2", null, "SMTP:a@example.com")],
    accounts: ["a@example.com", "left@example.com"],
    leftOut: ["conflict a@example.com"],
  },
  {
    source: "MicrosoftDocs/azure-docs#83694",
    met: "the same mail on two users; the other loses it and is no account",
    objects: [user("1", "a@example.com"), user("2", "a@example.com")],
    accounts: ["a@example.com"],
    leftOut: ["conflict a@example.com"],
  },
  {
    source: "MicrosoftDocs/azure-docs#54426",
    met: "an alias never arrived because of a sync error; what did arrive stands",
    objects: [user("1", "a@example.com")],
    accounts: ["a@example.com"],
  },
  {
    source: "MicrosoftDocs/azure-docs#50736",
    met: "users made by a bulk import have mail and no proxyAddresses",
    objects: [user("1", "bulk@example.com")],
    accounts: ["bulk@example.com"],
  },
  {
    source: "MicrosoftDocs/azure-docs.de-de#741",
    met: "several values are marked SMTP:; the first by code point is the primary, always",
    objects: [user("1", null, "SMTP:b@example.com", "SMTP:a@example.com")],
    accounts: ["a@example.com + b@example.com"],
  },
  {
    source: "nextcloud/mail#10736",
    met: "smtp:, SIP:, X500: and others share the attribute; the prefix is none of the address",
    objects: [
      user("1", null, "SMTP:a@example.com", "smtp:b@example.com", "SIP:c@example.com", "X500:/o=x/cn=d@example.com"),
    ],
    accounts: ["a@example.com + b@example.com"],
  },
  {
    source: "MicrosoftDocs/OfficeDocs-Exchange#1606",
    met: "a script that compares smtp: by case loses addresses",
    objects: [user("1", null, "Smtp:b@example.com", "sMTP:c@example.com", "SMTP:a@example.com")],
    accounts: ["a@example.com + b@example.com c@example.com"],
  },
  {
    source: "MicrosoftDocs/microsoft-365-docs#13291",
    met: "an alias was written without its prefix; without one it is no mail address, as for Exchange",
    objects: [user("1", null, "SMTP:a@example.com", "b@example.com")],
    accounts: ["a@example.com"],
  },
  {
    source: "ggpwnkthx/Microsoft-Graph-SMTP-Relay#3",
    met: "a name stands with the address; it is named as left out",
    objects: [user("1", "Ada Abel <ada@example.com", "SMTP:a@example.com")],
    accounts: ["a@example.com"],
    leftOut: ["blanks Ada Abel <ada@example.com"],
  },
  {
    source: "microsoftgraph/microsoft-graph-docs#2979",
    met: "a group whose name has an & is never provisioned; the others are listed, and it is named",
    objects: [group("1", null), group("2", "g@example.com", "SMTP:g@example.com")],
    accounts: ["g@example.com"],
    leftOut: ["noAddress"],
  },
  {
    source: "microsoftgraph/microsoft-graph-docs#631",
    met: "provisioning of a new group takes sixteen hours",
    objects: [group("1", null, "SPO:SPO_1@SPO_2")],
    accounts: [],
    leftOut: ["noAddress"],
  },
  {
    source: "hashicorp/terraform-provider-azuread#1574",
    met: "a group's primary is in the tenant's default domain, an alias in ours",
    objects: [group("1", "team@else.where", "SMTP:team@else.where", "smtp:team@example.com", "smtp:a@example.com")],
    accounts: ["team@example.com + a@example.com"],
  },
  {
    source: "Azure/azure-powershell#6318",
    met: "groups keep addresses of a domain that was removed",
    objects: [group("1", "g@example.com", "SMTP:g@example.com", "smtp:g@removed.example")],
    accounts: ["g@example.com"],
  },
  {
    source: "microsoftgraph/microsoft-graph-docs#16953",
    met: "users of a B2C tenant have no proxyAddresses",
    objects: [user("1", null)],
    accounts: [],
  },
  {
    source: "deeztek/Hermes-Secure-Email-Gateway#337",
    met: "enumerating by sign-in name misses addresses; only mail and proxyAddresses decide",
    objects: [user("1", "shared@example.com", "SMTP:shared@example.com", "smtp:shared@example.net")],
    accounts: ["shared@example.com + shared@example.net"],
  },
  {
    source: "bwya77/O365-Admin-Center#13",
    met: "postmaster and abuse are aliases of a person; they stay that person's",
    objects: [user("1", null, "SMTP:a@example.com", "smtp:postmaster@example.com", "smtp:abuse@example.com")],
    accounts: ["a@example.com + abuse@example.com postmaster@example.com"],
  },
  {
    source: "https://www.a6n.co.uk/2023/09/phantom-proxyaddress-with-exo.html",
    met: "a phantom address of the sign-in name stands on two users",
    objects: [
      user("1", null, "SMTP:old@example.com", "smtp:bear@example.com"),
      user("2", null, "SMTP:new@example.com", "smtp:bear@example.com"),
    ],
    accounts: ["new@example.com", "old@example.com + bear@example.com"],
    leftOut: ["conflict bear@example.com"],
  },
  {
    source: "https://techcommunity.microsoft.com/t5/Exchange-Team-Blog/Fun-with-changing-E-Mail-Addresses/bc-p/609789",
    met: "a contact's own address is elsewhere, and it has one of ours",
    objects: [contact("1", "x@else.where", "SMTP:x@else.where", "smtp:x@example.com")],
    accounts: ["x@example.com"],
  },
  {
    source: "issue 18, point 10",
    met: "a sub-domain is another domain",
    objects: [user("1", null, "SMTP:a@sub.example.com", "smtp:a@example.com")],
    accounts: ["a@example.com"],
  },
  {
    source: "issue 18, point 10",
    met: "a licence change leaves mail alone; what the directory still has stands",
    objects: [user("1", "a@example.com")],
    accounts: ["a@example.com"],
  },
  {
    source: "issue 18, point 10",
    met: "a mailbox becomes a contact; both stand for a moment",
    objects: [user("2", null, "SMTP:a@example.com"), contact("1", "a@example.com", "SMTP:a@example.com")],
    accounts: ["a@example.com"],
    leftOut: ["conflict a@example.com"],
  },
];

describe("What people met in directories", () => {
  it.each(DIRECTORIES)("$source: $met", ({ objects, excludeRecords = [], accounts, leftOut = [] }) => {
    const derived = derive(objects, { names: NAMES, excludeRecords, staticRecipients: [] });
    const listed = derived.accounts.map(({ address, aliases }) => [address, ...aliases].join(" ").replace(" ", " + "));
    expect(listed).toEqual(accounts);
    const told = derived.leftOut.entries.map(({ reason, address }) =>
      address === undefined ? reason : `${reason} ${address}`,
    );
    expect(told).toEqual(leftOut);
  });
});

const SIGN_INS: readonly (readonly [source: string, met: string, aadsts: number, says: RegExp])[] = [
  ["Azure/azure-workload-identity#616", "the issuer is the cluster's inner name", 70021, /the cluster's issuer/],
  [
    "Azure/azure-workload-identity#340",
    "everything looks right, and no credential matches",
    70021,
    /Federated credentials/,
  ],
  ["Azure/azure-workload-identity#977", "it works for hours, then no credential matches", 70021, /service account/],
  [
    "external-secrets/external-secrets#2783",
    "no credential of the operator's service account",
    70021,
    /service account/,
  ],
  ["Azure/azure-workload-identity#1200", "the issuer is not the registered one", 700211, /issuer/],
  ["Azure/azure-workload-identity#955", "Entra cannot read the issuer's keys", 90061, /openid-configuration/],
  ["MicrosoftDocs/azure-docs#90321", "the federated token is Entra's own", 700222, /made by Entra itself/],
];

describe("What people met when an app signs in", () => {
  it.each(SIGN_INS)("%s: %s (AADSTS%s)", (_source, _met, aadsts, says) => {
    const { message } = refused({ operation: "obtaining a token", status: 401, aadsts });
    expect(message).toMatch(says);
    expect(message).not.toMatch(/secret is wrong/);
  });
});
