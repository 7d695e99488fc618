/** Where each Microsoft cloud lives: its token authority and its Graph. */
import type { Cloud, CloudEndpoints } from "./types.ts";

export type CloudTable = Readonly<Record<Cloud, CloudEndpoints>>;

/** Source: learn.microsoft.com/graph/deployments; China by the host that msal itself puts in place of login.chinacloudapi.cn. */
export const CLOUDS: CloudTable = {
  Global: { authority: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com" },
  USGovernmentGCCHigh: { authority: "https://login.microsoftonline.us", graph: "https://graph.microsoft.us" },
  USGovernmentDoD: { authority: "https://login.microsoftonline.us", graph: "https://dod-graph.microsoft.us" },
  China: {
    authority: "https://login.partner.microsoftonline.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
  },
};

/** What a cluster's token must be made for, to prove an app in a cloud. Source: azure-workload-identity, Azure SDK. */
export const FEDERATED_AUDIENCES: Readonly<Record<Cloud, string>> = {
  Global: "api://AzureADTokenExchange",
  USGovernmentGCCHigh: "api://AzureADTokenExchangeUSGov",
  USGovernmentDoD: "api://AzureADTokenExchangeUSGov",
  China: "api://AzureADTokenExchangeChina",
};

export const otherClouds = (cloud: Cloud | undefined): Cloud[] =>
  (Object.keys(CLOUDS) as Cloud[]).filter((other) => other !== cloud);

/**
 * The table with what the content of a `--cloud-endpoints` file puts in its place: JSON, cloud → {authority?, graph?},
 * each an https origin. Throws an Error that lists everything wrong with it, by field.
 */
export function loadCloudEndpoints(text: string): CloudTable {
  const parsed = parseObject(text);
  const problems: string[] = [];
  const table: Record<Cloud, CloudEndpoints> = { ...CLOUDS };
  for (const [cloud, overrides] of Object.entries(parsed)) {
    if (!isCloud(cloud)) {
      problems.push(`${cloud}: not a cloud, must be one of ${Object.keys(CLOUDS).join(", ")}`);
    } else if (!isObject(overrides)) {
      problems.push(`${cloud}: must be an object with authority, graph or both`);
    } else {
      table[cloud] = { ...table[cloud], ...readOverrides(cloud, overrides, problems) };
    }
  }
  if (problems.length > 0) {
    throw new Error(`cloud endpoints: ${problems.join("; ")}`);
  }
  return table;
}

/**
 * Where an administrator lands after consent when the installation has no page for it. Entra sends nobody anywhere without
 * an address that the app has registered, so the link names one, and the recipes of docs/access.md register it.
 */
export const PORTALS: Readonly<Record<Cloud, string>> = {
  Global: "https://entra.microsoft.com/",
  USGovernmentGCCHigh: "https://entra.microsoft.us/",
  USGovernmentDoD: "https://entra.microsoft.us/",
  China: "https://entra.microsoftonline.cn/",
};

/** The link with which an administrator of the tenant grants the application permissions of the app registration. */
export function consentUrl(
  endpoints: CloudEndpoints,
  tenantId: string,
  clientId: string,
  /** `state`: what the redirect brings back. */
  redirect: { readonly url: string; readonly state?: string },
): string {
  const url = new URL(`${endpoints.authority}/${encodeURIComponent(tenantId)}/v2.0/adminconsent`);
  url.searchParams.set("client_id", clientId);
  url.searchParams.set("scope", `${endpoints.graph}/.default`);
  url.searchParams.set("redirect_uri", redirect.url);
  if (redirect.state !== undefined) url.searchParams.set("state", redirect.state);
  return url.href;
}

function readOverrides(cloud: Cloud, overrides: object, problems: string[]): Partial<CloudEndpoints> {
  const result: { authority?: string; graph?: string } = {};
  for (const [name, value] of Object.entries(overrides)) {
    const field = `${cloud}.${name}`;
    if (name !== "authority" && name !== "graph") {
      problems.push(`${field}: unknown field, must be authority or graph`);
      continue;
    }
    const origin = httpsOrigin(value);
    if (origin === undefined) {
      problems.push(`${field}: must be an https origin such as https://host:port, without path, query or credentials`);
      continue;
    }
    result[name] = origin;
  }
  return result;
}

function httpsOrigin(value: unknown): string | undefined {
  if (typeof value !== "string" || !URL.canParse(value)) {
    return undefined;
  }
  const url = new URL(value);
  const bare = url.protocol === "https:" && (value === url.origin || value === `${url.origin}/`);
  return bare ? url.origin : undefined;
}

function parseObject(text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error("cloud endpoints: not valid JSON");
  }
  if (!isObject(parsed)) {
    throw new Error("cloud endpoints: must be a JSON object of clouds");
  }
  return parsed;
}

function isCloud(name: string): name is Cloud {
  return Object.hasOwn(CLOUDS, name);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
