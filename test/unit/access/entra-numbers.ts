/** What is told of each of Entra's numbers. */

export interface Expected {
  readonly reason: string;
  readonly says: string | RegExp;
}

export const consent = { reason: "NotAuthorized", says: /no consent .* status\.consentUrl/ };
const wrongSecret = { reason: "InvalidCredentials", says: /value \(not its id\)/ };
const certificate = { reason: "InvalidCredentials", says: /upload tls\.crt/ };
const assertion = { reason: "InvalidCredentials", says: /signed proof/ };
const federation = { reason: "InvalidCredentials", says: /Federated credentials/ };
export const tenant = {
  reason: "TenantNotFound",
  says: /spec\.tenantId, or set spec\.cloud to USGovernmentGCCHigh or USGovernmentDoD or China/,
};
const resource = { reason: "TenantNotFound", says: /Graph is not known .* spec\.cloud/ };
const disabled = { reason: "AppDisabled", says: /Enterprise applications/ };
const byEntra = { reason: "InvalidCredentials", says: /made by Entra itself/ };
const federationPolicy = { reason: "BlockedByPolicy", says: /takes no federated tokens of https:/ };
const outOfTime = { reason: "InvalidCredentials", says: /node's clock/ };
const conditionalAccess = { reason: "BlockedByPolicy", says: /Conditional Access/ };
const issuer = {
  reason: "IssuerUnavailable",
  says: /openid-configuration .* reachable from the internet/,
};
const blocked = { reason: "TenantBlocked", says: /Microsoft has blocked the tenant/ };
const restricted = { reason: "BlockedByPolicy", says: /tenant restrictions/ };
const request = { reason: "RequestRefused", says: /characters that do not belong there/ };
const redirect = { reason: "RedirectNotRegistered", says: /consent redirect URL/ };
export const busy = { reason: "ServiceUnavailable", says: /trouble of its own/ };
export const throttled = { reason: "Throttled", says: /asks for a pause|too many requests/ };

export const NUMBERS: Readonly<Record<number, Expected>> = {
  700016: { reason: "NotAuthorized", says: /spec\.credentials\.clientId/ },
  700011: { reason: "NotAuthorized", says: /spec\.credentials\.clientId/ },
  65001: consent,
  65005: consent,
  90008: consent,
  90093: consent,
  90095: consent,
  650057: consent,
  65004: consent,
  90094: consent,
  90099: consent,
  650056: consent,
  7000229: consent,
  501051: consent,
  65002: { reason: "NotAuthorized", says: /an app of Microsoft's own/ },
  70002: wrongSecret,
  7000215: wrongSecret,
  7000216: wrongSecret,
  7000218: wrongSecret,
  7000222: { reason: "InvalidCredentials", says: /secret has expired/ },
  50003: certificate,
  50012: certificate,
  50017: certificate,
  50032: { reason: "InvalidCredentials", says: /too weak/ },
  7000213: { reason: "InvalidCredentials", says: /chain/ },
  700027: certificate,
  700030: certificate,
  1000502: { reason: "InvalidCredentials", says: /certificate has expired or is not valid yet/ },
  7000274: { reason: "InvalidCredentials", says: /certificate has expired or is not valid yet/ },
  7000214: { reason: "InvalidCredentials", says: /certificate was revoked/ },
  7000277: { reason: "InvalidCredentials", says: /certificate was revoked/ },
  50006: assertion,
  50027: assertion,
  50048: assertion,
  900384: assertion,
  7000110: assertion,
  50013: assertion,
  700021: assertion,
  700023: assertion,
  700024: outOfTime,
  500133: outOfTime,
  70021: federation,
  700211: federation,
  700212: federation,
  700213: federation,
  // Azure/login#517
  7002138: { reason: "InvalidCredentials", says: /letter for letter; .* in their own case/ },
  // MicrosoftDocs/azure-docs#90276
  700222: byEntra,
  // MicrosoftDocs/azure-docs#109083
  700229: byEntra,
  // Azure/azure-workload-identity#1363
  700231: byEntra,
  700236: byEntra,
  700223: federationPolicy,
  700238: federationPolicy,
  7002381: federationPolicy,
  90061: issuer,
  50166: issuer,
  501661: issuer,
  7000272: issuer,
  700025: { reason: "InvalidCredentials", says: /public client/ },
  5000224: blocked,
  5000225: blocked,
  50002: restricted,
  500021: restricted,
  500022: restricted,
  50011: redirect,
  500113: redirect,
  900971: redirect,
  70004: redirect,
  90004: request,
  90013: request,
  90014: request,
  900144: request,
  90023: request,
  9002313: request,
  900561: request,
  90100: request,
  90117: request,
  90121: request,
  50029: tenant,
  50049: tenant,
  50059: tenant,
  50128: tenant,
  90019: tenant,
  90002: tenant,
  900021: tenant,
  900023: tenant,
  1000104: tenant,
  90038: tenant,
  900382: tenant,
  900432: tenant,
  50194: { reason: "TenantNotFound", says: /multitenant/ },
  500011: resource,
  50001: resource,
  70011: resource,
  28002: resource,
  650054: resource,
  500014: { reason: "AppDisabled", says: /Microsoft Graph is disabled/ },
  650052: { reason: "AppDisabled", says: /subscription/ },
  70001: disabled,
  7000112: disabled,
  1000031: disabled,
  530035: { reason: "BlockedByPolicy", says: /security defaults/ },
  53011: { reason: "BlockedByPolicy", says: /risk/ },
  53003: conditionalAccess,
  50131: conditionalAccess,
  530032: conditionalAccess,
  50196: throttled,
  90055: throttled,
  50000: busy,
  50033: busy,
  90012: busy,
  90036: busy,
  90006: busy,
  90024: busy,
  90033: busy,
  90090: busy,
  90091: busy,
  90092: busy,
  230109: busy,
};
