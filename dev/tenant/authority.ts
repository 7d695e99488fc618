/** Entra by its paths: tokens, the metadata of tenants, admin consent. */
import { type Administrator, adminConsent, type Page } from "./consent.ts";
import { type App, createEntra, type Elsewhere, type Entra } from "./entra.ts";
import type { RequestKind } from "./faults.ts";

export interface AuthorityOptions {
  /** The tenant's GUID and its domains. */
  readonly tenantId: string;
  readonly domains: readonly string[];
  readonly app: App;
  readonly origin: () => string;
  /** Default: the origin. */
  readonly graph?: () => string;
  readonly lifetimeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Authority {
  readonly entra: Entra;
  /** PEM of the public keys of clusters whose tokens Entra can check, by issuer. */
  readonly issuers: Map<string, string>;
  /** Tenants of other clouds, by name in lower case. */
  readonly elsewhere: Map<string, Elsewhere>;
  /** What whoever opens the consent link does there; at first they are asked. */
  administrator: Administrator;
  /** Undefined for a path that is not Entra's. */
  route(url: URL): Route | undefined;
}

export interface Route {
  readonly kind: RequestKind;
  answer(body: string): Reply;
}

interface Reply {
  readonly status: number;
  readonly headers?: Page["headers"];
  readonly body: unknown;
}

export function createAuthority(options: AuthorityOptions): Authority {
  const { tenantId, domains, app, origin, lifetimeSeconds, now } = options;
  const apps = new Map([[app.clientId, app]]);
  const issuers = new Map<string, string>();
  const elsewhere = new Map<string, Elsewhere>();
  const tenants = [tenantId, ...domains];
  const { graph = origin } = options;
  const graphScope = (): string => `${graph()}/.default`;
  const entra = createEntra({ tenants, elsewhere, apps, issuers, origin, graphScope, lifetimeSeconds, now });

  const authority: Authority = {
    entra,
    issuers,
    elsewhere,
    administrator: "ask",
    route(url) {
      const [, encoded = "", rest = ""] = /^\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
      const tenant = decodeURIComponent(encoded);
      switch (rest) {
        case "oauth2/v2.0/token":
          return { kind: "token", answer: (body) => entra.token(tenant, new URLSearchParams(body)) };
        case "v2.0/.well-known/openid-configuration":
          return { kind: "metadata", answer: () => entra.configuration(tenant) };
        case "v2.0/adminconsent": {
          const consent = { tenantId, isTenant: entra.isTenant, apps, scope: graphScope() };
          return { kind: "consent", answer: () => adminConsent(tenant, url, authority.administrator, consent) };
        }
        default:
          return undefined;
      }
    },
  };
  return authority;
}
