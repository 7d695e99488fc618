/**
 * Public reports, played against ours (issue 18): each row has its source, what people met there, and what becomes of it
 * here: of the rules alone, and from a simulated tenant to the tables that a gateway mounts.
 */
import { afterEach, describe, expect, it } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import { refused } from "../../../src/directory/errors/to-failure.ts";
import { parseLeftOut } from "../../../src/publication/left-out-file.ts";
import { FIRST_REPORTS } from "../../support/reports/first.ts";
import { SEEMING_REPORTS, WRITTEN_REPORTS } from "../../support/reports/more.ts";
import { REPORT_NAMES, type ReportedObject } from "../../support/reports/report.ts";
import { createSmallWorld, NAME, type SmallWorld } from "../../support/small-world.ts";
import { derive } from "./support/whole.ts";

const REPORTS = [...FIRST_REPORTS, ...WRITTEN_REPORTS, ...SEEMING_REPORTS];

const told = (entries: readonly { readonly reason: string; readonly address?: string }[]): string[] =>
  entries.map(({ reason, address = "" }) => `${reason} ${address}`.trim());

describe("What people met in directories", () => {
  it.each(REPORTS)(
    "$source: $met",
    ({ objects, excludeRecords = [], staticRecipients = [], accounts, leftOut = [] }) => {
      const derived = derive(objects, { names: REPORT_NAMES, excludeRecords, staticRecipients });
      const listed = derived.accounts.map(({ address, aliases }) =>
        [address, ...aliases].join(" ").replace(" ", " + "),
      );
      expect(listed).toEqual(accounts);
      expect(told(derived.leftOut.entries)).toEqual(leftOut);
    },
  );
});

/** A company in which nobody else is. */
function companyOf(objects: readonly ReportedObject[]): ReturnType<typeof createCompany> {
  const company = createCompany(["example.com", "example.net"]);
  for (const { id, source, mail, proxyAddresses, properties } of objects) {
    const known = company[source].get(id)?.proxyAddresses ?? [];
    const made = source === "groups" ? company.addGroup("x@else.where") : company.hire("x@else.where");
    company.users.delete(made.id);
    company.groups.delete(made.id);
    const entry = { ...made, id, mail, proxyAddresses: [...new Set([...known, ...proxyAddresses])], ...properties };
    company[source].set(id, entry as never);
  }
  return company;
}

describe("The same, from a simulated tenant to what a gateway accepts", () => {
  let world: SmallWorld;
  afterEach(() => world.close());

  it.each(REPORTS)("$source: $met", async ({ objects, accounts, leftOut = [], ...report }) => {
    world = await createSmallWorld({
      company: companyOf(objects),
      domain: { aliasDomains: [...REPORT_NAMES.aliasDomains] },
      spec: {
        excludeRecords: [...(report.excludeRecords ?? [])],
        staticRecipients: [...(report.staticRecipients ?? [])],
      },
    });
    // Whoever may not see addresses is another story.
    world.tenant.app.roles.add("Group.Read.All");
    const { reason } = await world.ask("sync", "first");
    expect(reason).toBe(accounts.length === 0 ? "EmptyResult" : "Published");
    const required = ["example.com", "example.net"].flatMap((name) => [`abuse@${name}`, `postmaster@${name}`]);
    const listed = accounts.flatMap((line) => line.split(/ \+ | /));
    expect(world.accepted()).toEqual(accounts.length === 0 ? [] : [...new Set([...listed, ...required])].sort());
    const file = world.map(`${NAME}-left-out`)?.data?.["left-out.jsonl"] ?? "";
    expect(told(parseLeftOut(file)?.entries ?? [])).toEqual(leftOut);
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
  ["MicrosoftDocs/azure-docs#109083", "the federated token is a person's", 700229, /made by Entra itself/],
  [
    "Azure/azure-workload-identity#1363",
    "a token from one federation is shown to another",
    700231,
    /made by Entra itself/,
  ],
  ["Azure/login#517", "the subject differs by case alone", 7002138, /letter for letter/],
  ["AzureAD/microsoft-identity-web#2793", "the resource is not known in this cloud", 500011, /spec\.cloud/],
];

describe("What people met when an app signs in", () => {
  it.each(SIGN_INS)("%s: %s (AADSTS%s)", (_source, _met, aadsts, says) => {
    const { message } = refused({ operation: "obtaining a token", status: 401, aadsts });
    expect(message).toMatch(says);
    expect(message).not.toMatch(/secret is wrong/);
  });
});
