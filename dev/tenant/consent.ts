/** Entra's page for admin consent: what an administrator sees, and how Entra sends them back. */
import type { App } from "./entra.ts";

/** `ask`: the page has two buttons; otherwise the administrator has made up their mind. */
export type Administrator = "ask" | "grants" | "declines";

export interface ConsentOptions {
  /** The tenant's GUID. */
  readonly tenantId: string;
  readonly isTenant: (name: string) => boolean;
  readonly apps: ReadonlyMap<string, App>;
  readonly scope: string;
}

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers `GET /{tenant}/v2.0/adminconsent`. Whatever is wrong with the link stands on Entra's page: nobody is sent anywhere then. */
export function adminConsent(tenant: string, url: URL, administrator: Administrator, options: ConsentOptions): Page {
  const query = url.searchParams;
  const app = options.apps.get(query.get("client_id") ?? "");
  const redirect = query.get("redirect_uri") ?? "";
  if (!options.isTenant(tenant)) return page(404, `AADSTS90002: Tenant '${tenant}' not found.`);
  if (app === undefined) return page(400, "AADSTS700016: Application was not found in the directory.");
  if (query.get("scope") !== options.scope) return page(400, "AADSTS500011: The resource principal was not found.");
  if (app.redirectUris.size === 0)
    return page(400, "AADSTS500113: No reply address is registered for the application.");
  if (redirect === "") return page(400, "AADSTS900971: No reply address provided.");
  if (!app.redirectUris.has(redirect))
    return page(400, "AADSTS50011: The redirect URI specified in the request does not match those of the application.");
  const decided = { grants: "grants", declines: "declines", ask: query.get("decision") }[administrator];
  if (decided === null) return question(url);
  const back = new URL(redirect);
  // The real one says so in both cases.
  back.searchParams.set("admin_consent", "True");
  if (decided === "grants") {
    for (const role of app.requested) app.roles.add(role);
    back.searchParams.set("scope", options.scope);
  } else {
    back.searchParams.set("error", "consent_required");
    back.searchParams.set(
      "error_description",
      "AADSTS65004: The resource owner or authorization server denied the request.",
    );
  }
  back.searchParams.set("tenant", options.tenantId);
  const state = query.get("state");
  if (state !== null) back.searchParams.set("state", state);
  return { status: 302, headers: { Location: back.href }, body: "" };
}

function question(url: URL): Page {
  const link = (decision: string, text: string): string => {
    const target = new URL(url);
    target.searchParams.set("decision", decision);
    return `<a id="${decision}" href="${target.pathname}${target.search.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}">${text}</a>`;
  };
  return page(200, `Permissions requested ${link("grants", "Accept")} ${link("declines", "Cancel")}`);
}

const page = (status: number, text: string): Page => ({
  status,
  headers: { "Content-Type": "text/html; charset=utf-8" },
  body: `<!doctype html><title>Simulated sign-in</title><p>${text}</p>`,
});
