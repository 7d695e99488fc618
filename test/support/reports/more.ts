/** Reports of how addresses are written, and of objects that are not what they seem. */
import { contact, group, like, type Report, user } from "./report.ts";

const DISABLED = { accountEnabled: false, assignedPlans: [] };
const GUEST = { userType: "Guest", creationType: "Invitation" };

export const WRITTEN_REPORTS: readonly Report[] = [
  {
    source: "microsoft/idfix#12",
    met: "X400 and X500 addresses have blanks; they are none, and nothing is told of them",
    objects: [
      user(
        "1",
        null,
        "SMTP:a@example.com",
        "X400:c=us;a= ;p=Org;o=a b@example.com;s=A;",
        "x500:/o=A B/cn=a@example.com",
      ),
    ],
    accounts: ["a@example.com"],
  },
  {
    source: "microsoft/idfix#16",
    met: "X500 addresses have parentheses",
    objects: [
      user("1", null, "SMTP:a@example.com", "x500:/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)"),
    ],
    accounts: ["a@example.com"],
  },
  {
    source: "microsoft/idfix#46",
    met: "an apostrophe is flagged as invalid, and mail to it arrives",
    objects: [user("1", "david.o'donnell@example.com", "SMTP:david.o'donnell@example.com")],
    accounts: ["david.o'donnell@example.com"],
  },
  {
    source: "MicrosoftDocs/OfficeDocs-Enterprise#612",
    met: "an & stands in a primary address",
    objects: [group("1", "r&d@example.com", "SMTP:r&d@example.com")],
    accounts: ["r&d@example.com"],
  },
  {
    source: "microsoft/idfix#64",
    met: "two objects have an address that differs by case alone",
    objects: [user("1", null, "SMTP:A@Example.com", "smtp:B@EXAMPLE.com"), user("2", null, "SMTP:b@example.com")],
    accounts: ["a@example.com", "b@example.com"],
    leftOut: ["conflict b@example.com"],
  },
  {
    source: "microsoft/idfix#21",
    met: "a user and a contact have the same proxy address; the contact has no other here, and would be none without",
    objects: [
      user("2", null, "SMTP:a@example.com", "smtp:x@example.com"),
      contact("1", null, "SMTP:c@else.where", "smtp:x@example.com"),
    ],
    accounts: ["a@example.com", "x@example.com"],
    leftOut: ["conflict x@example.com"],
  },
  {
    source: "KnowMoreIT/CloudPanel#137",
    met: "blanks stand before and behind an address",
    objects: [user("1", " a@example.com ", "SMTP: a@example.com ", " smtp:b@example.com", "smtp:c@example.com\t")],
    accounts: ["a@example.com + b@example.com c@example.com"],
  },
  {
    source: "Mailu/Mailu#867",
    met: "local parts that differ by case are one address, as for Exchange",
    objects: [user("1", null, "SMTP:J.Doe@example.com", "smtp:j.doe@example.com")],
    accounts: ["j.doe@example.com"],
  },
  {
    source: "opnsense/plugins#1926",
    met: "a filter for smtp: misses the primary; both are listed",
    objects: [user("1", "a@example.com", "SMTP:a@example.com", "smtp:b@example.com")],
    accounts: ["a@example.com + b@example.com"],
  },
  {
    source: "rackerlabs/rackspace-how-to#3506",
    met: "every address is marked SMTP:; the first by code point is the primary",
    objects: [user("1", "c@example.com", "SMTP:c@example.com", "SMTP:b@example.com", "SMTP:d@example.com")],
    accounts: ["b@example.com + c@example.com d@example.com"],
  },
  {
    source: "MicrosoftDocs/azure-docs#74404",
    met: "mail was set by hand and copied; a stale value stays an address while it stands there",
    objects: [user("1", "stale@example.com", "SMTP:a@example.com", "smtp:stale@example.com")],
    accounts: ["a@example.com + stale@example.com"],
  },
  {
    source: "suitenumerique/messages#767",
    met: "a local part beyond ASCII has no other form; it is named, and the person keeps the rest",
    objects: [user("1", "j\u00f6rg@example.com", "SMTP:j\u00f6rg@example.com", "smtp:joerg@example.com")],
    accounts: ["joerg@example.com"],
    leftOut: ["nonAscii j\u00f6rg@example.com"],
  },
  {
    source: "MicrosoftDocs/microsoft-365-docs#7395",
    met: "accents are dropped on the way without a word; here they are named",
    objects: [
      user("1", "a@example.com", "SMTP:a@example.com", "smtp:jos\u00e9@example.com", "smtp:jose\u0301@example.com"),
    ],
    accounts: ["a@example.com"],
    leftOut: ["nonAscii jose\u0301@example.com", "nonAscii jos\u00e9@example.com"],
  },
  {
    source: "MicrosoftDocs/OfficeDocs-Enterprise#601",
    met: "an address with a tilde was taken for the one without; they are two",
    objects: [user("1", "a~b@example.com", "SMTP:a~b@example.com"), user("2", "ab@example.com", "SMTP:ab@example.com")],
    accounts: ["ab@example.com", "a~b@example.com"],
  },
  {
    source: "hmailserver/hmailserver#184",
    met: "an alias has characters that are valid and rare",
    objects: [user("1", null, "SMTP:a@example.com", "smtp:a+va|id?@example.com", "smtp:{b}^`=!$%*/-@example.com")],
    accounts: ["a@example.com + a+va|id?@example.com {b}^`=!$%*/-@example.com"],
  },
  {
    source: "MicrosoftDocs/OfficeDocs-Support#707",
    met: "neither & nor ' is replaced by an underscore",
    objects: [user("1", null, "SMTP:some&thing@example.com", "smtp:some'else@example.com")],
    accounts: ["some&thing@example.com + some'else@example.com"],
  },
  {
    source: "https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1",
    met: "a local part has 64 characters, and another one more",
    objects: [user("1", null, `SMTP:${"l".repeat(64)}@example.com`, `smtp:${"m".repeat(65)}@example.com`)],
    accounts: [`${"l".repeat(64)}@example.com`],
    leftOut: [`localPartTooLong ${"m".repeat(65)}@example.com`],
  },
  {
    source: "https://learn.microsoft.com/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online",
    met: "an alias has a plus; the plain address is listed beside it",
    objects: [user("1", null, "SMTP:a@example.com", "smtp:a+news@example.com")],
    accounts: ["a@example.com + a+news@example.com"],
  },
  {
    source:
      "https://learn.microsoft.com/exchange/mail-flow-best-practices/manage-accepted-domains/manage-accepted-domains",
    met: "somebody wrote a catch-all as an address; it is one address, and no wildcard",
    objects: [user("1", null, "SMTP:a@example.com", "smtp:*@example.com")],
    accounts: ["a@example.com + *@example.com"],
  },
  {
    source: "https://www.postfix.org/virtual.5.html",
    met: "an address without a local part would accept a whole domain; it is none",
    objects: [user("1", "@example.com", "SMTP:a@example.com", "smtp:@example.com")],
    accounts: ["a@example.com"],
    leftOut: ["noAt @example.com"],
  },
  {
    source: "https://learn.microsoft.com/graph/api/resources/user",
    met: "values are empty, or a prefix alone",
    objects: [user("1", "", "SMTP:a@example.com", "", "smtp:", "SMTP: ")],
    accounts: ["a@example.com"],
    leftOut: ["noAt"],
  },
  {
    source: "https://learn.microsoft.com/exchange/troubleshoot/email-alias/number-email-aliases",
    met: "one mailbox has several hundred addresses",
    objects: [
      user("1", null, "SMTP:a@example.com", ...Array.from({ length: 400 }, (_, index) => `smtp:a${index}@example.com`)),
    ],
    accounts: [
      `a@example.com + ${Array.from({ length: 400 }, (_, index) => `a${index}@example.com`)
        .sort()
        .join(" ")}`,
    ],
  },
];

export const SEEMING_REPORTS: readonly Report[] = [
  {
    source: "elastic/docs-content#1828",
    met: "shared mailboxes are disabled accounts, and were left out for that",
    objects: [like(user("1", "info@example.com", "SMTP:info@example.com"), DISABLED)],
    accounts: ["info@example.com"],
  },
  {
    source: "OfficeDev/O365-InvestigationTooling#47",
    met: "room mailboxes have no licence; whatever has an address is listed",
    objects: [like(user("1", "room1@example.com", "SMTP:room1@example.com"), DISABLED)],
    accounts: ["room1@example.com"],
  },
  {
    source: "EvotecIT/O365Synchronizer#26",
    met: "guests are mail users; one with an address of ours is listed, one without is none of ours",
    objects: [
      like(user("1", "g@else.where", "SMTP:g@else.where"), GUEST),
      like(user("2", "h@else.where", "SMTP:h@else.where", "smtp:h@example.com"), GUEST),
    ],
    accounts: ["h@example.com"],
  },
  {
    source: "MicrosoftDocs/azure-docs#74908",
    met: "a guest has neither mail nor proxyAddresses because a contact has them; the contact is listed",
    objects: [
      like(user("1", null), { ...GUEST, otherMails: ["p@example.com"] }),
      contact("2", "p@else.where", "SMTP:p@else.where", "smtp:p@example.com"),
    ],
    accounts: ["p@example.com"],
  },
  {
    source: "timmcmic/DLConversionV2#170",
    met: "a contact and a guest have the same address; the guest keeps it",
    objects: [
      contact("1", "p@example.com", "SMTP:p@example.com"),
      like(user("2", "p@example.com", "SMTP:p@example.com"), GUEST),
    ],
    accounts: ["p@example.com"],
    leftOut: ["conflict p@example.com"],
  },
  {
    source: "grahamr975/EWS-Office365-Contact-Sync#45",
    met: "mail contacts were missing from a list of users; they are a source of their own",
    objects: [user("1", "a@example.com"), contact("2", "c@example.com", "SMTP:c@example.com")],
    accounts: ["a@example.com", "c@example.com"],
  },
  {
    source: "microsoftgraph/microsoft-graph-docs-contrib#6786",
    met: "the same user comes on several pages; they are one account with what any of them said",
    objects: [
      user("1", "a@example.com", "SMTP:a@example.com"),
      user("1", "a@example.com", "SMTP:a@example.com", "smtp:b@example.com"),
    ],
    accounts: ["a@example.com + b@example.com"],
  },
  {
    source: "onyx-dot-app/onyx#14074",
    met: "whoever is deleted and restored has a sign-in name with an id before it; it is no address",
    objects: [
      like(user("1", "a@example.com", "SMTP:a@example.com"), {
        userPrincipalName: "283405f5c0a84d2b9d5a1f0e6b7c8d9ea@example.com",
      }),
    ],
    accounts: ["a@example.com"],
  },
  {
    source: "OfficeDev/office-js#5251",
    met: "dynamic distribution lists are not to be had from Graph; static recipients stand for them",
    objects: [user("1", "a@example.com")],
    staticRecipients: ["everybody@example.com"],
    accounts: ["a@example.com", "everybody@example.com"],
  },
  {
    source: "microsoftgraph/microsoft-graph-docs#7761",
    met: "a dynamic list became one that Graph has; it stands once, with its aliases",
    objects: [group("1", "everybody@example.com", "SMTP:everybody@example.com", "smtp:all@example.com")],
    staticRecipients: ["everybody@example.com", "all@example.com"],
    accounts: ["everybody@example.com + all@example.com"],
  },
  {
    source: "https://learn.microsoft.com/graph/delta-query-overview",
    met: "a property that was never set is null, or not there at all",
    objects: [
      like(user("1", "a@example.com"), { proxyAddresses: null }),
      like(user("2", null, "SMTP:b@example.com"), { mail: undefined }),
    ],
    accounts: ["a@example.com", "b@example.com"],
  },
  {
    source: "MicrosoftDocs/SupportArticles-docs#387",
    met: "the sign-in name is no address unless the directory has it among them",
    objects: [like(user("1", "a@example.com", "SMTP:a@example.com"), { userPrincipalName: "upn@example.com" })],
    accounts: ["a@example.com"],
  },
  {
    source: "https://learn.microsoft.com/graph/api/resources/user#properties (otherMails, imAddresses)",
    met: "other mails and SIP addresses are where a person may be reached elsewhere, not at Exchange",
    objects: [
      like(user("1", "a@example.com", "SMTP:a@example.com", "SIP:im@example.com"), {
        otherMails: ["other@example.com"],
        imAddresses: ["im@example.com"],
      }),
    ],
    accounts: ["a@example.com"],
  },
  {
    source: "https://learn.microsoft.com/exchange/voice-mail-unified-messaging/telephone-system-integration-with-um",
    met: "EUM addresses have an extension and a dial plan",
    objects: [
      user(
        "1",
        null,
        "SMTP:a@example.com",
        "EUM:1234;phone-context=plan.example.com",
        "eum:a@example.com;phone-context=plan",
      ),
    ],
    accounts: ["a@example.com"],
  },
  {
    source: "microsoftgraph/microsoft-graph-docs#4771",
    met: "a mail-enabled security group gets mail as a list does",
    objects: [like(group("1", "sec@example.com", "SMTP:sec@example.com"), { securityEnabled: true })],
    accounts: ["sec@example.com"],
  },
  {
    source: "https://learn.microsoft.com/exchange/in-place-and-litigation-holds/inactive-mailboxes",
    met: "an archive and a former primary in the routing domain of a hybrid; none of these domains",
    objects: [
      user("1", null, "SMTP:a@example.com", "smtp:a@x.mail.onmicrosoft.com", "smtp:archive-1@x.onmicrosoft.com"),
    ],
    accounts: ["a@example.com"],
  },
];
