/** Which cloud a tenant is in, as the authority that was asked knows it: public metadata, no credentials. */
import type { Http } from "../http/http.ts";
import { asRecord, parseJson } from "../http/json.ts";
import type { Cloud } from "../types.ts";

/** By `cloud_instance_name` of the tenant's OpenID configuration. */
const INSTANCES: Readonly<Record<string, Cloud>> = {
  "microsoftonline.com": "Global",
  "microsoftonline.us": "USGovernmentGCCHigh",
  "partner.microsoftonline.cn": "China",
  "chinacloudapi.cn": "China",
};

/** Undefined where nothing is known; never throws but for the signal. */
export async function whereabouts(
  http: Http,
  authority: string,
  tenantId: string,
  signal: AbortSignal,
): Promise<Cloud | undefined> {
  const url = `${authority}/${encodeURIComponent(tenantId)}/v2.0/.well-known/openid-configuration`;
  try {
    const { status, body } = await http({ method: "GET", url, headers: {}, signal });
    if (status !== 200) return undefined;
    const { cloud_instance_name: instance, tenant_region_sub_scope: scope } = asRecord(parseJson(body)) ?? {};
    const cloud = typeof instance === "string" && Object.hasOwn(INSTANCES, instance) ? INSTANCES[instance] : undefined;
    return cloud === "USGovernmentGCCHigh" && scope === "DOD" ? "USGovernmentDoD" : cloud;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** The clouds that Entra's own words point at, such as "belongs to the National Cloud 'microsoftonline.us'". */
export function cloudsNamedIn(description: unknown): Cloud[] {
  if (typeof description !== "string") return [];
  const text = description.toLowerCase();
  if (/microsoftonline\.us|usgov/.test(text)) return ["USGovernmentGCCHigh", "USGovernmentDoD"];
  if (/microsoftonline\.cn|chinacloud|azurechina/.test(text)) return ["China"];
  return [];
}
