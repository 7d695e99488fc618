/** Who made the federated token of the cluster, for people to look at: an issuer's address is public. */
import { asRecord, parseJson } from "../http/json.ts";

const LONGEST = 256;

/** Without a trailing slash; undefined for what is no token, or whose issuer is no https address. */
export function issuerOf(assertion: unknown): string | undefined {
  if (typeof assertion !== "string") return undefined;
  const payload = Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString("utf8");
  const { iss } = asRecord(parseJson(payload)) ?? {};
  if (typeof iss !== "string" || iss.length > LONGEST || !URL.canParse(iss)) return undefined;
  const { protocol, origin, pathname, username, password } = new URL(iss);
  return protocol === "https:" && username === "" && password === ""
    ? `${origin}${pathname}`.replace(/\/$/, "")
    : undefined;
}
