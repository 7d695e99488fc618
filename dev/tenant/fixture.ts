/** Harbour & Pine, a believable company of about 300 directory objects; and companies of any size for measurements. */
import { createHash } from "node:crypto";
import { type Company, createCompany } from "./company.ts";

const FIRST =
  "ada,ben,clara,david,elena,farid,grace,hugo,ines,jonas,karin,liam,maria,nils,olga,paul,quirin,rosa,stefan,tanja".split(
    ",",
  );
const LAST = "abel,berg,conti,diaz,egger,frank,gruber,huber,ito,jansen,koch,lang".split(",");

/** GUIDs that are the same in every run. */
function stableIds(seed: string): () => string {
  let count = 0;
  return () => {
    const hex = createHash("sha256").update(`${seed} ${count++}`).digest("hex");
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ].join("-");
  };
}

/** Main domain example.com, second domain example.net, and the tenant's own name. */
export function harbourAndPine(): Company {
  const company = createCompany(
    ["example.com", "example.net", "harbourpine.onmicrosoft.com"],
    stableIds("harbour and pine"),
  );
  addStaff(company);
  addSharedMailboxes(company);
  addGuests(company);
  addGroups(company);
  addContacts(company);
  addOddities(company);
  return company;
}

function addStaff(company: Company): void {
  for (const [index, first] of FIRST.entries()) {
    for (const [other, last] of LAST.entries()) {
      const name = `${first}.${last}`;
      const aliases = [`${name}@harbourpine.onmicrosoft.com`];
      if ((index + other) % 3 === 0) aliases.push(`${first[0]}${last}${index}@example.com`);
      if ((index + other) % 5 === 0) aliases.push(`${name}@example.net`);
      const user = company.hire(`${name}@example.com`, aliases);
      user.proxyAddresses.push(`SIP:${name}@example.com`, `X500:/o=Harbour/ou=Exchange/cn=Recipients/cn=${name}`);
    }
  }
}

/** Disabled, unlicensed, and still they receive mail. */
function addSharedMailboxes(company: Company): void {
  for (const name of [
    "info",
    "sales",
    "support",
    "billing",
    "jobs",
    "room.atlantic",
    "room.baltic",
    "room.pacific",
    "projector",
  ]) {
    const box = company.hire(`${name}@example.com`, name === "info" ? ["contact@example.com", "info@example.net"] : []);
    box.accountEnabled = false;
  }
}

function addGuests(company: Company): void {
  for (const partner of ["kim", "lee", "moss"]) {
    const guest = company.hire(`${partner}@partner.example.org`);
    guest.userType = "Guest";
    guest.userPrincipalName = `${partner}_partner.example.org#EXT#@harbourpine.onmicrosoft.com`;
  }
}

function addGroups(company: Company): void {
  for (const name of [
    "all-hands",
    "board",
    "it",
    "warehouse",
    "press",
    "nested.outer",
    "nested.inner",
    "berlin",
    "vienna",
    "zurich",
  ]) {
    company.addGroup(`${name}@example.com`, name === "press" ? ["media@example.com", "press@example.net"] : []);
  }
  for (const name of ["team-harbour", "team-pine", "project-2027"]) {
    const team = company.addGroup(`${name}@example.com`, [`${name}@harbourpine.onmicrosoft.com`]);
    team.groupTypes = ["Unified"];
    team.proxyAddresses.push(`SPO:SPO_${team.id}@SPO_0`);
  }
  const dynamic = company.addGroup("everybody-dynamic@example.com");
  dynamic.groupTypes = ["Unified", "DynamicMembership"];
  company.addGroup("vpn-users@example.com").securityEnabled = true;
  for (const name of ["sg-finance", "sg-admins", "sg-laptops"]) {
    const group = company.addGroup(`${name}@example.com`);
    Object.assign(group, { mail: null, proxyAddresses: [], mailEnabled: false, securityEnabled: true });
  }
}

function addContacts(company: Company): void {
  for (const name of ["tax.adviser", "landlord", "printer.service"]) company.addContact(`${name}@supplier.example.org`);
  // Mail for these arrives at the company's own domain and is sent on.
  for (const name of ["courier", "notary"]) {
    const contact = company.addContact(`${name}@supplier.example.org`);
    contact.proxyAddresses.push(`smtp:${name}@example.com`);
  }
}

/** What real directories hold in proxyAddresses. */
function addOddities(company: Company): void {
  company
    .find("ada.abel@example.com")
    .proxyAddresses.push("smtp: Ada.Spaced@Example.COM ", "EUM:4711;phone-context=harbour");
  company.find("ben.berg@example.com").proxyAddresses.push('smtp:"ben berg"@example.com', "smtp:bén@example.com");
  company.find("clara.conti@example.com").proxyAddresses.push(`smtp:${"x".repeat(65)}@example.com`, "smtp:no-at-sign");
  company.find("david.diaz@example.com").proxyAddresses.push("smtp:two words@example.com");
  // Moved, and still listed at its old place: eventual consistency.
  company.find("elena.egger@example.com").proxyAddresses.push("smtp:duty@example.com");
  company.find("farid.frank@example.com").proxyAddresses.push("smtp:duty@example.com");
  company.find("grace.gruber@example.com").mail = null;
}

export interface Size {
  readonly users: number;
  readonly groups: number;
  readonly contacts: number;
}

/** A company of any size, the same for the same seed; every third user has an alias. */
export function generateCompany({ users, groups, contacts }: Size, seed = "large"): Company {
  const company = createCompany(["example.com", "example.net"], stableIds(seed));
  for (let index = 0; index < users; index++) {
    const aliases = index % 3 === 0 ? [`u${index}@example.com`] : [];
    company.hire(`user.number${index}@example.com`, aliases);
  }
  for (let index = 0; index < groups; index++) company.addGroup(`list${index}@example.com`);
  for (let index = 0; index < contacts; index++) company.addContact(`contact${index}@example.com`);
  return company;
}
