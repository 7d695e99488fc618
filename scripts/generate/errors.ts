/** Writes the page of errors from the table that the operator itself uses. */
import {
  AADSTS,
  ELSEWHERE,
  ENTRA_OTHER,
  GRAPH,
  GRAPH_OTHER,
  GRAPH_STATUSES,
  MAYBE_ELSEWHERE,
  type Rule,
  STATUSES,
  SYSTEM,
  TRANSPORT,
} from "../../src/directory/errors/error-table.ts";

const HEADER = `<!-- Generated from src/directory/errors/error-table.ts by \`npm run generate\`: change the table, not this file. -->
# What an error means, and what to do

A condition, an answer or a mail shows an error like this:

    obtaining a token was refused (HTTP 401, AADSTS7000222, request-id 7a1f0b6c-…): the client secret has expired; …

Look its code up here. The reason is that of the condition. A code that is on no list is shown as it came, with the
request-id that Microsoft's support asks for.

Tried again:

- **by itself**: four attempts within the request (after 1, 2 and 4 seconds, or as long as Microsoft's \`Retry-After\`
  says), then the run fails and is repeated with growing pauses from 1 minute to 1 hour. Nobody has to act.
- **when corrected**: the object is Stalled, because only a person can put it right. It is looked at again every
  10 minutes, at the next change of its Secret while a retry is due, and at once with the annotation
  \`o365sync.dev/test-connection\`.

The published list stays as it is through all of this.
`;

export function renderErrors(): string {
  return [
    HEADER,
    section(
      "Entra",
      "Errors of the token endpoint, by AADSTS number. The number is Entra's; its own page about one is `https://login.microsoftonline.com/error?code=` with the number.",
      [
        ...grouped(Object.entries(AADSTS).map(([number, rule]) => [`AADSTS${number}`, rule] as const)),
        [["any other number"], ENTRA_OTHER],
        [
          [
            `${MAYBE_ELSEWHERE.map((number) => `AADSTS${number}`).join(", ")}, and Entra knows the tenant in another cloud`,
          ],
          ELSEWHERE,
        ],
      ],
    ),
    section("Microsoft Graph", "Errors by their `error.code`, in any case, also where it is nested in `innerError`.", [
      ...grouped(Object.entries(GRAPH)),
      [["any other code with a status below"], undefined],
    ]),
    section("HTTP", "Answers without a code that is listed above.", [
      ...grouped([
        ...Object.entries(STATUSES).map(([status, rule]) => [status === "500" ? "5xx" : status, rule] as const),
        ...Object.entries(GRAPH_STATUSES).map(([status, rule]) => [`${status} from Graph`, rule] as const),
      ]),
      [["any other from Graph"], GRAPH_OTHER],
      [["any other from Entra"], ENTRA_OTHER],
    ]),
    section("The network", "No whole answer came. The code is the system's.", [
      ...grouped(Object.entries(SYSTEM)),
      ...Object.entries(TRANSPORT).map(([kind, rule]) => [[KINDS[kind as keyof typeof TRANSPORT]], rule] as const),
    ]),
  ].join("\n");
}

const KINDS: Readonly<Record<keyof typeof TRANSPORT, string>> = {
  network: "any other code",
  proxy: "any code at the proxy, such as HTTP_407",
  timeout: "no code: no answer in time",
  incomplete: "an answer that broke off",
  tooLarge: "an answer that is too large",
};

type Row = readonly [codes: readonly string[], rule: Rule | undefined];

/** Codes with the very same rule share a row. */
function grouped(entries: readonly (readonly [string, Rule])[]): Row[] {
  const groups = new Map<Rule, string[]>();
  for (const [code, rule] of entries) groups.set(rule, [...(groups.get(rule) ?? []), code]);
  return [...groups].map(([rule, codes]) => [codes, rule]);
}

function section(title: string, text: string, rows: readonly Row[]): string {
  const lines = rows.map(([codes, rule]) => {
    const cells =
      rule === undefined
        ? ["by the status", "", ""]
        : [`\`${rule.reason}\``, readable(rule.cure), rule.kind === "retry" ? "by itself" : "when corrected"];
    return `| ${[codes.join(", "), ...cells].join(" | ")} |`;
  });
  return [
    `## ${title}`,
    "",
    text,
    "",
    "| Code | Reason | Cause, and what to do | Tried again |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

const readable = (cure: string): string =>
  cure
    .replace("{clouds}", "the cloud that the message names")
    .replace("{audience}", "that the message names")
    .replace("{permission}", "the permission that the message names")
    .replaceAll("|", "\\|");
