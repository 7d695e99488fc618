/** Lists of another system as `baselineRef`, from the ConfigMap to what a sync says of them (issue 18, point 3). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFIG_MAP, type ConfigMap } from "../../../../src/runtime/kube.ts";
import { createSmallWorld, NAME, peopleOf, type SmallWorld } from "../../../support/small-world.ts";

const HOUR_MS = 3_600_000;
const LIST = "old-gateway";
/** The tenant has them; `gone@example.com` it has not. */
const PEOPLE = ["user0@example.com", "user1@example.com"];
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le");

const POSTFIX = "https://www.postfix.org/postconf.5.html#relay_recipient_maps";
const KUBECTL = "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/kubectl_create_configmap/";
const POWERSHELL =
  "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding";
const RECIPIENT = "https://learn.microsoft.com/powershell/module/exchange/get-recipient";
const EXPORT_CSV = "https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/export-csv";
const HALON = "https://www.postfix.org/ADDRESS_VERIFICATION_README.html";
const VIRTUAL = "https://www.postfix.org/virtual.5.html";

interface Row {
  readonly what: string;
  /** Where such files come from. */
  readonly source: string;
  readonly content: string | Buffer;
}

/** Each holds the people above and gone@example.com. */
const READ: readonly (Row & { readonly ignored?: number })[] = [
  {
    what: "a Postfix map",
    source: POSTFIX,
    content: "user0@example.com OK\nuser1@example.com OK\ngone@example.com OK\n",
  },
  {
    what: "all domains of a gateway in one map",
    source: POSTFIX,
    content: "user0@example.com OK\nuser1@example.com OK\ngone@example.com OK\na@other.org OK\nb@other.org OK\n",
    ignored: 2,
  },
  {
    what: "a map with Windows line ends",
    source: KUBECTL,
    content: "user0@example.com OK\r\nuser1@example.com OK\r\ngone@example.com OK\r\n",
  },
  {
    what: "verified recipients, with dates and comments",
    source: HALON,
    content: "# 2026-01-02\nuser0@example.com 2026-01-01T00:00:00\nuser1@example.com x\ngone@example.com x\n",
  },
  {
    what: "a virtual alias map",
    source: VIRTUAL,
    content: "gone@example.com user0@example.com, user1@example.com\n",
  },
  {
    what: "EmailAddresses of Exchange, in their own case",
    source: RECIPIENT,
    content:
      "SMTP:User0@Example.com\nsmtp:user1@example.com\nSMTP:Gone@example.com\nSIP:user0@example.com\nX500:/o=x\n",
  },
  {
    what: "EmailAddresses in braces on one line",
    source: RECIPIENT,
    content: "{SMTP:user0@example.com, smtp:user1@example.com, smtp:gone@example.com}",
  },
  { what: "two on a line", source: RECIPIENT, content: "user0@example.com; user1@example.com\ngone@example.com\n" },
  {
    what: "CSV with a header and quotes",
    source: EXPORT_CSV,
    content:
      '"DisplayName","PrimarySmtpAddress"\n"Abel, Ada","user0@example.com"\n"B","user1@example.com"\n"G","gone@example.com"\n',
  },
  {
    what: "CSV of Export-Csv with its #TYPE line",
    source: EXPORT_CSV,
    content: '#TYPE Selected.User\n"mail"\n"user0@example.com"\n"user1@example.com"\n"gone@example.com"\n',
  },
  {
    what: "CSV with semicolons, as Excel of some countries writes it",
    source: EXPORT_CSV,
    content: "Name;Adresse\r\nAda;user0@example.com\r\nBen;user1@example.com\r\nGil;gone@example.com\r\n",
  },
  {
    what: "a byte order mark",
    source: POWERSHELL,
    content: "\ufeffuser0@example.com\nuser1@example.com\ngone@example.com\n",
  },
  {
    what: "UTF-16 of PowerShell, which kubectl puts into binaryData",
    source: KUBECTL,
    content: utf16("user0@example.com\r\nuser1@example.com\r\ngone@example.com\r\n"),
  },
  {
    what: "UTF-16 the other way round",
    source: POWERSHELL,
    content: utf16("user0@example.com\nuser1@example.com\ngone@example.com\n").swap16(),
  },
  {
    what: "CSV in UTF-16 with tabs, as Excel's Unicode text is",
    source: EXPORT_CSV,
    content: utf16("Name\tMail\r\nAda\tuser0@example.com\r\nBen\tuser1@example.com\r\nGil\tgone@example.com\r\n"),
  },
];

const REFUSED: readonly (Row & { readonly says: RegExp })[] = [
  { what: "an empty file", source: KUBECTL, content: "", says: /the key list of the ConfigMap old-gateway is empty/ },
  { what: "comments alone", source: POSTFIX, content: "# relay_recipients\n\n", says: /is empty/ },
  { what: "a header alone", source: EXPORT_CSV, content: '"mail"\n', says: /no address of example\.com/ },
  { what: "other domains alone", source: POSTFIX, content: "a@other.org OK\n", says: /no address of example\.com/ },
  {
    what: "a wildcard of the domain",
    source: POSTFIX,
    content: "user0@example.com OK\n@example.com OK\n",
    says: /line 2 of the key list .* accepts a whole domain/,
  },
  {
    what: "the domain alone, as relay_domains has it",
    source: POSTFIX,
    content: "user0@example.com OK\n# x\nexample.com OK\n",
    says: /line 3 of .* names no mail address/,
  },
  {
    what: "an address beyond ASCII",
    source: RECIPIENT,
    content: "user0@example.com\njörg@example.com\n",
    says: /line 2 of .* no gateway can carry/,
  },
  {
    what: "a quoted local part",
    source: RECIPIENT,
    content: 'user0@example.com\n"a b"@example.com\n',
    says: /line 2 of /,
  },
  {
    what: "UTF-16 without its mark",
    source: POWERSHELL,
    content: Buffer.from("user0@example.com\n", "utf16le"),
    says: /no text in UTF-8, nor in UTF-16 with its mark/,
  },
  { what: "a compressed file", source: KUBECTL, content: Buffer.from([0x1f, 0x8b, 8, 0xff]), says: /no text in UTF-8/ },
  {
    what: "Latin-1",
    source: POWERSHELL,
    content: Buffer.from("jörg@example.com\n", "latin1"),
    says: /no text in UTF-8/,
  },
];

describe("spec.baselineRef", () => {
  let world: SmallWorld;
  let round = 0;
  beforeAll(async () => {
    world = await createSmallWorld({
      company: peopleOf(PEOPLE.length),
      spec: { baselineRef: { name: LIST, key: "list" }, deletionGuard: { enabled: true, maxPercent: 10, floor: 0 } },
    });
  });
  afterAll(() => world.close());

  async function provide(content: string | Buffer): Promise<void> {
    const metadata = { namespace: "mail", name: LIST };
    if (world.map(LIST) !== undefined) await world.removeMap(LIST);
    const data =
      typeof content === "string" ? { data: { list: content } } : { binaryData: { list: content.toString("base64") } };
    await world.cluster.client.create<ConfigMap>(CONFIG_MAP, { metadata, ...data });
    world.now += HOUR_MS;
  }
  const nothingIsPublished = (): void => expect(world.map(`${NAME}-recipients`)).toBeUndefined();

  it.each(READ)("is measured against: $what ($source)", async ({ content, ignored = 0 }) => {
    await provide(content);
    expect(await world.ask("sync", `round-${round++}`)).toMatchObject({ state: "Failed", reason: "DeletionGuard" });
    const plan = world.map(`${NAME}-plan`)?.data?.["plan.txt"] ?? "";
    const lines = plan.split("\n").filter((line) => /^[-+] /.test(line));
    expect(lines.filter((line) => line.startsWith("- "))).toEqual([expect.stringContaining("gone@example.com")]);
    const summary = world.sync().status?.lastSync?.message ?? "";
    const [, told = "0"] = /spec\.baselineRef names (\d+) addresses of other domains/.exec(summary) ?? [];
    expect(Number(told)).toBe(ignored);
    nothingIsPublished();
  });

  it.each(REFUSED)(
    "is refused with its cause, and nothing is published: $what ($source)",
    async ({ content, says }) => {
      await provide(content);
      const { state, reason, message } = await world.ask("sync", `round-${round++}`);
      expect({ state, reason }).toEqual({ state: "Failed", reason: "InvalidBaseline" });
      expect(message).toMatch(says);
      // A file may be anything: nothing of it is shown.
      expect(message).not.toMatch(/@|jörg/);
      nothingIsPublished();
    },
  );

  it("of which only what the tenant has is left becomes the list", async () => {
    await provide(`${PEOPLE.map((each) => `${each} OK`).join("\n")}\nx@other.org OK\n`);
    expect(await world.ask("sync", "last")).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(world.accepted()).toEqual(expect.arrayContaining(PEOPLE));
    expect(world.accepted()).not.toContain("x@other.org");
  });
});
