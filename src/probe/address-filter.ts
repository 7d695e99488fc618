/** Asks a tenant whether it tells who has an address: without that, removals are confirmed by object id alone. */
import { addressFilter } from "../directory/graph/holders.ts";
import type { HttpResponse } from "../directory/http/http.ts";
import { asRecord, type JsonRecord, parseJson } from "../directory/http/json.ts";
import { SELECT } from "../directory/sources.ts";
import type { Source } from "../recipients/model.ts";
import { parseAddress, smtpAddresses } from "../recipients/smtp-address.ts";
import type { Finding } from "./finding.ts";

type AskBatch = (body: object) => Promise<HttpResponse>;

/** One object of each source is looked for by an address that it has. No address is told. */
export async function probeAddresses(
  ask: AskBatch,
  samples: ReadonlyMap<Source, JsonRecord>,
  tell: (finding: Finding) => void,
): Promise<void> {
  for (const [source, sample] of samples) {
    const address = addressOf(source, sample);
    const text = `${source}: who has an address can be asked for`;
    if (address === undefined) {
      tell({ outcome: "unknown", text: `${text}: the first object has none` });
      continue;
    }
    const plain = await statusOf(ask, questionOf(source, address), sample["id"]);
    const advanced =
      plain === "400" ? await statusOf(ask, advancedOf(questionOf(source, address)), sample["id"]) : plain;
    const how = plain === "400" ? ", as an advanced query" : "";
    tell(
      advanced === "found"
        ? { outcome: "holds", text: `${text}${how}` }
        : { outcome: "differs", text: `${text}${how}: ${advanced}; removals are confirmed by object id alone` },
    );
  }
}

function addressOf(source: Source, { id, mail, proxyAddresses }: JsonRecord): string | undefined {
  const proxies = Array.isArray(proxyAddresses) ? proxyAddresses.filter((each) => typeof each === "string") : [];
  const object = { id: String(id), source, mail: typeof mail === "string" ? mail : null, proxyAddresses: proxies };
  for (const { raw } of smtpAddresses(object)) {
    const parsed = parseAddress(raw);
    if (!("dropped" in parsed)) return parsed.address;
  }
  return undefined;
}

const questionOf = (source: Source, address: string) => ({
  id: "0",
  method: "GET",
  url: `/${source}?$select=${SELECT[source]}&$filter=${encodeURIComponent(addressFilter([address]))}`,
});

const advancedOf = (question: ReturnType<typeof questionOf>) => ({
  ...question,
  url: `${question.url}&$count=true`,
  headers: { ConsistencyLevel: "eventual" },
});

/** "found", or what was answered instead. */
async function statusOf(ask: AskBatch, request: object, id: unknown): Promise<string> {
  const { status, body } = await ask({ requests: [request] });
  const responses = asRecord(parseJson(body))?.["responses"];
  const part = asRecord(Array.isArray(responses) ? responses[0] : undefined);
  if (status !== 200 || part === undefined) return `HTTP ${status}`;
  const value = asRecord(part["body"])?.["value"];
  const found = Array.isArray(value) && value.some((each) => asRecord(each)?.["id"] === id);
  if (part["status"] === 200) return found ? "found" : "another answer than the list gives";
  return typeof part["status"] === "number" ? String(part["status"]) : "no status";
}
