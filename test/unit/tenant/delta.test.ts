/** The simulated tenant's delta is as unpleasant as Graph's own. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Company, createCompany } from "../../../dev/tenant/company.ts";
import { createDeltaService, type DeltaService } from "../../../dev/tenant/delta.ts";
import type { GraphError } from "../../../dev/tenant/graph-error.ts";

const DAY_MS = 24 * 3_600_000;
const ORIGIN = "https://graph.example";

interface Page {
  readonly value: readonly Record<string, unknown>[];
  readonly next: string | undefined;
  readonly delta: string | undefined;
}

let company: Company;
let now: number;
let service: DeltaService;
beforeEach(() => {
  company = createCompany(["example.com"]);
  now = Date.parse("2026-11-29T06:00:00Z");
  service = createDeltaService(company, { now: () => now });
});

function ask(link: string): Page {
  const answer = service.answer("users", new URL(link, ORIGIN));
  return {
    value: answer["value"] as Page["value"],
    next: answer["@odata.nextLink"] as string | undefined,
    delta: answer["@odata.deltaLink"] as string | undefined,
  };
}
const latest = (): string => ask("/v1.0/users/delta?$select=id,mail,proxyAddresses&$deltatoken=latest").delta ?? "none";

/** Every page of a round. */
function follow(link: string): { readonly pages: readonly Page[]; readonly delta: string } {
  const pages: Page[] = [];
  for (let next: string | undefined = link; next !== undefined; next = pages.at(-1)?.next) pages.push(ask(next));
  return { pages, delta: pages.at(-1)?.delta ?? "none" };
}

function refusal(work: () => unknown): Pick<GraphError, "status" | "code"> {
  try {
    work();
  } catch (error) {
    const { status, code } = error as GraphError;
    return { status, code };
  }
  throw new Error("nothing was refused");
}

describe("A delta from now on", () => {
  it("tells nothing of what was there, and one page where nothing happened", () => {
    company.hire("old@example.com");
    expect(follow(latest()).pages).toMatchObject([{ value: [] }]);
  });

  it("tells who came, after an empty page with a link, without what was never set", () => {
    const link = latest();
    const { id } = company.hire("new@example.com");
    const { pages, delta } = follow(link);
    expect(pages.map(({ value }) => value.length)).toEqual([0, 1]);
    expect(pages[1]?.value[0]).toEqual({ id, mail: "new@example.com", proxyAddresses: ["SMTP:new@example.com"] });
    company.find("new@example.com").mail = null;
    expect(
      follow(delta)
        .pages.flatMap(({ value }) => value)
        .at(-1),
    ).toEqual({ id, proxyAddresses: ["SMTP:new@example.com"] });
  });

  it("has at most 200 objects a page, whatever is asked for, and tells one twice where a page ends", () => {
    const link = latest();
    for (let index = 0; index < 450; index++) company.hire(`p${index}@example.com`);
    const sizes = follow(`${link}&$top=999`).pages.map(({ value }) => value.length);
    expect(sizes).toEqual([0, 200, 201, 51]);
    const ids = follow(link).pages.flatMap(({ value }) => value.map((each) => each["id"]));
    expect(new Set(ids).size).toBe(450);
    expect(ids.length).toBe(452);
  });

  it("tells again what it told last", () => {
    const { id } = company.hire("a@example.com");
    const link = latest();
    company.hire("b@example.com");
    expect(follow(link).pages.flatMap(({ value }) => value.map((each) => each["id"]))).toContain(id);
  });

  it("marks who left, by how", () => {
    const { id } = company.hire("a@example.com");
    const contact = company.addContact("c@example.com");
    const link = latest();
    const contacts = String(
      service.answer("contacts", new URL("/v1.0/contacts/delta?$deltatoken=latest", ORIGIN))["@odata.deltaLink"],
    );
    company.remove(id);
    company.remove(contact.id);
    expect(follow(link).pages.flatMap(({ value }) => value)).toContainEqual({ id, "@removed": { reason: "changed" } });
    const first = service.answer("contacts", new URL(contacts));
    const second = service.answer("contacts", new URL(String(first["@odata.nextLink"])));
    expect(second["value"]).toContainEqual({ id: contact.id, "@removed": { reason: "deleted" } });
  });

  it("shows a change late where it is told to, to whoever asked meanwhile too", () => {
    service = createDeltaService(company, { now: () => now, late: 5_000 });
    const link = latest();
    const { id } = company.hire("late@example.com");
    const early = follow(link);
    expect(early.pages.flatMap(({ value }) => value)).toEqual([]);
    now += 5_000;
    expect(follow(early.delta).pages.flatMap(({ value }) => value.map((each) => each["id"]))).toEqual([id]);
  });
});

describe("It refuses", () => {
  it.each([
    ["$expand", "/v1.0/users/delta?$expand=manager", 400, "Request_UnsupportedQuery"],
    ["$orderby", "/v1.0/users/delta?$orderby=mail", 400, "Request_UnsupportedQuery"],
    ["a property that there is not", "/v1.0/users/delta?$select=id,nonsense", 400, "BadRequest"],
    ["a token that is none", "/v1.0/users/delta?$deltatoken=abc", 400, "Directory_ExpiredPageToken"],
  ])("%s", (_, path, status, code) => {
    expect(refusal(() => ask(path))).toEqual({ status, code });
  });

  it("$select beside a token, and the token of another collection", () => {
    const link = latest();
    expect(refusal(() => ask(`${link}&$select=id`))).toEqual({ status: 400, code: "Request_UnsupportedQuery" });
    expect(refusal(() => service.answer("groups", new URL(link)))).toMatchObject({ status: 400 });
  });

  it("a token after seven days, and every token once it has forgotten them", () => {
    const link = latest();
    now += 7 * DAY_MS + 1;
    expect(refusal(() => ask(link))).toEqual({ status: 410, code: "syncStateNotFound" });
    const fresh = latest();
    service.forget();
    expect(refusal(() => ask(fresh))).toEqual({ status: 410, code: "resyncRequired" });
  });
});
