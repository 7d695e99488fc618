/** The custom resources as TypeScript. Generated from crds/ by `npm run generate`: change the CRDs, not this file. */
import type { Condition, KubeObject } from "../runtime/kube.ts";

/** A domain at the mail gateway: where its mail is delivered, and which names share its recipients. Published as the ConfigMap <name>-routing. */
export interface MailDomain extends KubeObject {
  spec: MailDomainSpec;
  status?: MailDomainStatus;
}

/** What the gateway should do with this domain. */
export interface MailDomainSpec {
  /** The domain name, in lower case; an internationalised name in its xn-- form. Immutable. */
  domain: string;
  /** The mail server behind the gateway. Only Office365 can have an O365Sync; Exchange is an on-premise or hosted Exchange, or any other server. */
  serverType: "Office365" | "GoogleWorkspace" | "Exchange";
  /** Where filtered mail is delivered. Without one the domain is not routed. */
  inboundServers?: {
    /** A fully qualified host name in lower case, or an IP address. */
    host: string;
    /** Lower is tried first; servers of equal preference are tried in the listed order. @default 10 */
    preference: number;
  }[];
  /** The TCP port of all inbound servers. @default 25 */
  deliveryPort: number;
  /** Other domains that share the recipients of this one. Each name stands once, and never the domain itself. */
  aliasDomains?: {
    /** The domain name, in lower case; an internationalised name in its xn-- form. */
    name: string;
    /** Directory: only addresses that the tenant really has in this domain. Mirror: every recipient of the main domain, with the same local part. @default "Directory" */
    recipients: "Directory" | "Mirror";
  }[];
  /** What deleting this object does to its routing ConfigMap. Orphan keeps them, so that a rename in Git refuses nobody's mail; Delete removes them. @default "Orphan" */
  deletionPolicy: "Orphan" | "Delete";
}

/** What was observed, written by the operator. */
export interface MailDomainStatus {
  /** The latest metadata.generation that the status speaks for; -1 before the first look. */
  observedGeneration?: number;
  /** Ready always, Reconciling and Stalled only while they are True. */
  conditions?: Condition[];
  /** The domain that the status speaks for. */
  domain?: string;
  /** How many addresses the gateway accepts for this domain and its alias domains. */
  addresses?: number;
  /** The last time the published list was confirmed against the tenant. */
  lastSuccessfulTime?: string;
  /** The O365Sync objects that refer to this domain; of more than 100 the oldest. */
  syncs?: {
    /** Its name. */
    name: string;
    /** Whether its condition Ready is True. */
    ready?: boolean;
    /** How many addresses it has published. */
    addresses?: number;
  }[];
  /** What the operator believes of the lists of this domain, also when their O365Sync is gone: who may write ConfigMaps can edit a manifest, but not this. */
  lists?: {
    /** The name of the O365Sync. */
    name: string;
    /** Digest of what its manifest says is published. */
    publication: string;
    /** Addresses that were removed in the last 24 hours without an approval, for the deletion guard. */
    removals?: {
      /** When. */
      time: string;
      /** How many addresses. */
      addresses: number;
    }[];
  }[];
  /** What was published for the gateway. */
  routing?: {
    /** The name of the ConfigMap. */
    configMap?: string;
    /** Digest of its tables, as sha256:<hex>. */
    revision?: string;
    /** What it routes. A name that is no longer in the spec stays until a plan has taken its addresses out of the tables; Ready says which plan. */
    names?: string[];
  };
}

/** Keeps the recipients of one MailDomain in step with a Microsoft 365 tenant, and publishes them as ConfigMaps that mail gateways mount. */
export interface O365Sync extends KubeObject {
  spec: O365SyncSpec;
  status?: O365SyncStatus;
}

/** What to read, when, and how to publish it. */
export interface O365SyncSpec {
  /** The MailDomain whose recipients this object keeps: in the same namespace, with serverType Office365, and with no other O365Sync. Immutable. */
  domainRef: {
    /** The name of the MailDomain. */
    name: string;
  };
  /** The Microsoft 365 tenant: its GUID, or one of its verified domain names. */
  tenantId: string;
  /** The national cloud that holds the tenant. A GCC tenant is in Global. @default "Global" */
  cloud: "Global" | "USGovernmentGCCHigh" | "USGovernmentDoD" | "China";
  /** The app registration that reads the directory, with exactly one way to prove it. Absent: the operator's own, where the installation allows it for this tenant. */
  credentials?: {
    /** The application (client) id of the app registration. */
    clientId: string;
    /** A Secret of this namespace that holds a client secret. */
    clientSecretRef?: {
      /** The name of the Secret. */
      name: string;
      /** The key in the Secret. @default "clientSecret" */
      key: string;
    };
    /** A Secret of this namespace, of type kubernetes.io/tls, that holds an RSA certificate and its key. */
    certificateRef?: {
      /** The name of the Secret. */
      name: string;
    };
    /** The operator pod's federated token, where the installation allows it for this tenant and client id. Holds no fields. */
    workloadIdentity?: Record<string, never>;
  };
  /** When to sync without being asked. @default {"enabled":false} */
  schedule: {
    /** Whether to sync automatically. Turn it on when a test sync shows what you expect. @default false */
    enabled: boolean;
    /** How many syncs a day, 24 h / n apart. Absent: as many as times has entries, else 1. */
    timesPerDay?: number;
    /** Local times of day as HH:MM. Absent: times that follow from namespace and name, so that many objects spread evenly. */
    times?: string[];
    /** Instead of times and timesPerDay: minute, hour, day of the month, month and day of the week, as CronJob reads them, such as "0 6,18 * * 1-5". At most four times a day, and at least one a week. */
    cron?: string;
    /** The IANA time zone of times and cron, such as Europe/Berlin. @default "UTC" */
    timeZone: string;
    /** How late a missed slot may still run, in seconds. @default 7200 */
    startingDeadlineSeconds: number;
    /** Between syncs the tenant is asked what is new, and that is accepted at once. Nothing leaves the list this way: leaving is for syncs, their guards and approvals. */
    additions?: {
      /** Whether to ask. Turn it on when you trust the list. @default false */
      enabled: boolean;
      /** How often to ask. @default 5 */
      intervalMinutes: number;
    };
  };
  /** Stops everything but reading the status: no run, no retry, no rendering. Slots that pass meanwhile are skipped. @default false */
  suspend: boolean;
  /** Which collections of the directory are read. At least one; one that is switched off needs no permission. @default {"users":true,"groups":true,"contacts":true} */
  sources: {
    /** Users, shared and room mailboxes. @default true */
    users: boolean;
    /** Distribution lists, mail-enabled security groups and Microsoft 365 groups. @default true */
    groups: boolean;
    /** Organisational contacts. @default true */
    contacts: boolean;
  };
  /** Patterns for addresses that are left out: * any text, ? one character, [seq] one of these, [!seq] none of these; on the whole address, in lower case. A primary address that matches leaves its whole account out, an alias only itself. */
  excludeRecords?: string[];
  /** Addresses of the domain that the directory cannot list, such as dynamic distribution lists and mail-enabled public folders. Never excluded. */
  staticRecipients?: string[];
  /** How many changes one sync may make. When any limit is exceeded nothing is saved, and the plan is held. */
  operationsLimit?: {
    /** How many account additions one sync may make. Absent: unlimited; 0: none. */
    accountAdds?: number;
    /** How many account deletions one sync may make. Absent: unlimited; 0: none. */
    accountDeletes?: number;
    /** How many alias additions one sync may make. Absent: unlimited; 0: none. */
    aliasAdds?: number;
    /** How many alias deletions one sync may make. Absent: unlimited; 0: none. */
    aliasDeletes?: number;
    /** How many changes in all one sync may make. Absent: unlimited; 0: none. */
    total?: number;
  };
  /** Holds a plan that would make the gateway refuse more addresses than expected: more than the greater of floor and maxPercent of what is published, within 24 h, or more than half of it. @default {"enabled":true,"maxPercent":10,"floor":10} */
  deletionGuard: {
    /** Whether the guard judges. @default true */
    enabled: boolean;
    /** Percent of the published addresses that may disappear. @default 10 */
    maxPercent: number;
    /** Number of addresses that may disappear however small the list. @default 10 */
    floor: number;
  };
  /** A ConfigMap of this namespace with the addresses that the gateway accepts today, as lines, a map or CSV; other domains in it are ignored. Plans and guards compare with it until the first publication. */
  baselineRef?: {
    /** The name of the ConfigMap. */
    name: string;
    /** The key in the ConfigMap. @default "recipients" */
    key: string;
  };
  /** Mails about each sync. @default {"enabled":false} */
  notifications: {
    /** Whether a mail is sent after each sync, also manual and test ones. @default false */
    enabled: boolean;
    /** Who gets them. Required when enabled is true. */
    recipients?: string[];
  };
  /** How the list is published. @default {"formats":["postfix"],"shards":1,"deletionPolicy":"Orphan"} */
  output: {
    /** The tables to write: postfix (relay_recipients), cdb (relay_recipients.cdb), addresses (recipients.map), aliases (virtual_aliases). None: accounts only. @default ["postfix"] */
    formats: ("postfix" | "cdb" | "addresses" | "aliases")[];
    /** How many ConfigMaps the tables are spread over. A power of two; more are needed when a list outgrows 900 KiB a ConfigMap. @default 1 */
    shards: 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128;
    /** What deleting this object does to its ConfigMaps. Orphan keeps them, so that a rename in Git refuses nobody's mail; Delete removes them. @default "Orphan" */
    deletionPolicy: "Orphan" | "Delete";
  };
  /** How many records of what published, was held or failed the history ConfigMap keeps. The last 10 tests and runs that changed nothing are kept beside them. @default 30 */
  historyLimit: number;
}

/** What was observed, written by the operator. */
export interface O365SyncStatus {
  /** The latest metadata.generation that the status speaks for; -1 before the first look. */
  observedGeneration?: number;
  /** The domain that the status speaks for. */
  domain?: string;
  /** Ready, Published and Authorized; Held, Reconciling and Stalled only while they are True. */
  conditions?: Condition[];
  /** Where an administrator of the tenant grants the permissions. */
  consentUrl?: string;
  /** When the certificate that proves the app ends; absent for credentials whose end only Entra knows. */
  credentialExpiryTime?: string;
  /** The schedule in force. */
  schedule?: {
    /** The local times of day; none while automatic sync is off or suspended. */
    times?: string[];
    /** Which days have these times, where schedule.cron says so. */
    cron?: string;
    /** The IANA time zone of times. */
    timeZone?: string;
    /** The schedule in short, for people. */
    summary?: string;
    /** Since when it is in force: earlier slots do not count. */
    since?: string;
    /** When the next run is, for people: a slot or a retry, in UTC to the minute; else why there is none (off or suspended). */
    next?: string;
    /** The next slot. */
    nextTime?: string;
    /** The last slot that is accounted for: run, skipped or missed. */
    lastSlotTime?: string;
    /** The last slot that was missed. */
    lastMissedTime?: string;
    /** How many slots were missed: none ran within startingDeadlineSeconds. */
    missedSlots?: number;
  };
  /** What came onto the list since the last sync without one. Absent while schedule.additions is off. */
  additions?: {
    /** Current: what is new is accepted. Behind: the tenant could not be asked three times in a row. Limited: operationsLimit is reached, the rest waits for the next sync. Waiting: the tenant no longer tells what changed, the next sync finds it. */
    state: "Current" | "Behind" | "Limited" | "Waiting";
    /** The sync since which additions are counted. */
    since: string;
    /** When something was added last. */
    lastTime?: string;
    /** How many accounts were added since. */
    accountAdds: number;
    /** How many aliases were added since. */
    aliasAdds: number;
    /** The state in a sentence, with its cause and cure. */
    message: string;
  };
  /** Mails about runs that ended. */
  notifications?: {
    /** Mails that are owed, oldest first. */
    pending?: {
      /** The run that it tells of. */
      id: string;
      /** Since when it is owed. */
      since: string;
      /** How many attempts were made. */
      attempts: number;
      /** When it is tried next. */
      time: string;
      /** What it tells. Kept here, where only the operator writes. */
      run?: {
        /** What asked for the run. */
        trigger: string;
        /** The annotation that asked for it. */
        request?: "sync" | "testSync" | "testConnection" | "approve";
        /** Who or what asked for it, for people. */
        syncedBy: string;
        /** When the run began. */
        startTime: string;
        /** When it ended. */
        completionTime: string;
        /** What came of it; Succeeded is for tests. */
        result: "Published" | "Unchanged" | "Held" | "Failed" | "Succeeded";
        /** Why, as one word in CamelCase. */
        reason: string;
        /** What came of it, for people. */
        message: string;
        /** How many attempts were made. */
        attempts: number;
        /** Digest of numbers and addresses that the history ConfigMap has of this run: a mail shows them only while they are as they were written. */
        details?: string;
      };
    }[];
    /** The last attempt at a mail. */
    last?: {
      /** The run that it tells of. */
      id: string;
      /** What came of it; Partial: some recipients get nothing, Deferred: it is tried again. */
      result: "Sent" | "Partial" | "Deferred" | "Failed";
      /** What came of it, for people. */
      message: string;
      /** When the attempt was made. */
      time: string;
    };
  };
  /** What a run is at that takes longer than 10 seconds, or that is the first of its object; absent while there is none. Refreshed at most every 10 seconds. */
  progress?: {
    /** Reading the directory, Planning what changes, or Publishing it. */
    phase: "Reading" | "Planning" | "Publishing";
    /** Directory objects that were read so far. */
    objects?: number;
    /** When the run began. */
    since: string;
  };
  /** The last run that was not a test, whatever came of it. */
  lastSync?: {
    /** Names the run and its history record; the same for every attempt at one slot or request. */
    id: string;
    /** What asked for it. */
    trigger: "Schedule" | "Manual" | "Initial" | "SpecChange" | "DomainChange" | "Repair" | "Approval";
    /** The token or plan digest that asked for it. */
    token?: string;
    /** The nominal slot of a scheduled run. */
    slotTime?: string;
    /** How many attempts were made, this one included. */
    attempts?: number;
    /** When this attempt began. */
    startTime: string;
    /** When it ended; absent while it is running. */
    completionTime?: string;
    /** When it was noticed that the cause of the failure is gone. With automatic sync on what failed is run again at once; else a sync is still to be asked for. */
    curedTime?: string;
    /** Not tried again before this time; absent when no retry is planned. */
    retryTime?: string;
    /** What came of it; absent while it is running. */
    result?: "Published" | "Unchanged" | "Held" | "Failed";
    /** Why, as one word in CamelCase. */
    reason?: string;
    /** What came of it, for people. */
    message?: string;
    /** What became of the mail about it, where not every recipient got it. */
    mail?: string;
    /** What was read from the directory. */
    read?: {
      /** Users. */
      users: number;
      /** Groups. */
      groups: number;
      /** Contacts. */
      contacts: number;
      /** Requests to Microsoft Graph, retries included. */
      requests: number;
    };
    /** The changes that it planned. */
    changes?: {
      /** Accounts added. */
      accountAdds: number;
      /** Accounts deleted. */
      accountDeletes: number;
      /** Aliases added. */
      aliasAdds: number;
      /** Aliases deleted. */
      aliasDeletes: number;
      /** The sum of the four. */
      total: number;
    };
    /** What of the directory was left out because no gateway can carry it, by reason; the ConfigMap NAME-left-out names each. */
    dropped?: {
      /** With a quoted local part. */
      quoted?: number;
      /** With characters beyond ASCII. */
      nonAscii?: number;
      /** With blanks or control characters. */
      blanks?: number;
      /** With a local part of more than 64 characters. */
      localPartTooLong?: number;
      /** With more than 254 characters. */
      tooLong?: number;
      /** Without an @. */
      noAt?: number;
      /** With a local part like `@a:b`, which mail servers read as a route to b. */
      sourceRoute?: number;
      /** Mail-enabled groups that have no address at all yet; Exchange gives them one when it provisions them. */
      noAddress?: number;
    };
    /** Addresses that stand on more than one object of the directory. */
    conflicts?: number;
  };
  /** The retry that is planned for a run that failed. */
  retry?: {
    /** The run that is tried again. */
    id: string;
    /** What asked for it. */
    trigger: "Schedule" | "Manual" | "Initial" | "SpecChange" | "DomainChange" | "Repair" | "Approval";
    /** The token or plan digest that asked for it. */
    token?: string;
    /** The nominal slot of a scheduled run. */
    slotTime?: string;
    /** Why the last attempt failed, as one word in CamelCase. */
    reason?: string;
    /** How many attempts were made so far. */
    attempts: number;
    /** Not tried again before this time. */
    time: string;
  };
  /** The last time the published list was confirmed against the tenant. */
  lastSuccessfulTime?: string;
  /** Digest of what decides the accounts in spec and MailDomain, as of the last publication. */
  accountsHash?: string;
  /** Digest of what the check that the tenant owns the domain was made for; empty where it said no. */
  verifiedHash?: string;
  /** What the operator believes of its own ConfigMaps: who may write ConfigMaps can edit them, but not this. A manifest that says anything else counts as damaged. */
  anchor?: {
    /** Digest of what the manifest says is published. */
    publication?: string;
    /** Addresses that were removed in the last 24 hours without an approval, for the deletion guard. */
    removals?: {
      /** When. */
      time: string;
      /** How many addresses. */
      addresses: number;
    }[];
    /** The publication that was begun last. Only this one is finished after a crash. */
    pending?: {
      /** Digest of what the manifest will say. */
      publication: string;
      /** Digest of the journal that leads to it. */
      journal: string;
      /** How many addresses it removes without an approval. */
      removedAddresses: number;
    };
  };
  /** The list that gateways mount. */
  published?: {
    /** Digest of everything published, as sha256:<hex>. */
    revision: string;
    /** When it was published. */
    time: string;
    /** Accounts, distribution lists included. */
    accounts: number;
    /** Accounts that are distribution lists. */
    distributionLists: number;
    /** Aliases of all accounts. */
    aliases: number;
    /** Addresses that the gateway accepts, mirrored ones, postmaster and abuse included. */
    addresses: number;
    /** How many ConfigMaps the tables are spread over. */
    shards: number;
    /** Size of all tables. */
    bytes?: number;
    /** Size of the fullest ConfigMap of the tables; at 900 KiB nothing more can be published. */
    largestShardBytes?: number;
    /** The number of shards before, which is kept current until previousUntil. */
    previousShards?: number;
    /** When the ConfigMaps of the previous layout go away. */
    previousUntil?: string;
  };
  /** The plan that was computed and not applied. */
  held?: {
    /** Names exactly these changes; the value of the annotation o365sync.dev/approve that lets them through. */
    planDigest: string;
    /** Of the file in the plan's ConfigMap. An approval is compared with this very file: one that was edited after it was shown approves nothing. */
    planSha256?: string;
    /** The first guard that stopped it. */
    reason: string;
    /** Since when this plan is held. */
    since: string;
    /** Whether an approval can let it through. */
    approvable?: boolean;
    /** True where no run holds it but the rendering of the published accounts, after a Mirror domain was removed from the MailDomain; it is cleared when that is undone. */
    rendering?: boolean;
    /** Every guard that stopped it. */
    violations: {
      /** The guard or limit. */
      limit: string;
      /** How many it allows, rounded down. */
      allowed: number;
      /** How many the plan has. */
      actual: number;
    }[];
    /** The changes that it holds. */
    changes?: {
      /** Accounts added. */
      accountAdds: number;
      /** Accounts deleted. */
      accountDeletes: number;
      /** Aliases added. */
      aliasAdds: number;
      /** Aliases deleted. */
      aliasDeletes: number;
      /** The sum of the four. */
      total: number;
    };
  };
  /** The last request of each annotation. */
  requests?: {
    /** The last request made by the annotation o365sync.dev/sync. */
    sync?: {
      /** The annotation's value; the hash of a value that is no token. */
      token: string;
      /** The run that serves it, as in the history. */
      id?: string;
      /** Accepted waits for its run; Succeeded, Failed and Rejected are final. */
      state: "Accepted" | "Running" | "Succeeded" | "Failed" | "Rejected";
      /** Why, as one word in CamelCase. */
      reason?: string;
      /** What came of it, for people. */
      message?: string;
      /** When it got into this state. */
      time: string;
    };
    /** The last request made by the annotation o365sync.dev/test-sync. */
    testSync?: {
      /** The annotation's value; the hash of a value that is no token. */
      token: string;
      /** The run that serves it, as in the history. */
      id?: string;
      /** Accepted waits for its run; Succeeded, Failed and Rejected are final. */
      state: "Accepted" | "Running" | "Succeeded" | "Failed" | "Rejected";
      /** Why, as one word in CamelCase. */
      reason?: string;
      /** What came of it, for people. */
      message?: string;
      /** When it got into this state. */
      time: string;
    };
    /** The last request made by the annotation o365sync.dev/test-connection. */
    testConnection?: {
      /** The annotation's value; the hash of a value that is no token. */
      token: string;
      /** The run that serves it, as in the history. */
      id?: string;
      /** Accepted waits for its run; Succeeded, Failed and Rejected are final. */
      state: "Accepted" | "Running" | "Succeeded" | "Failed" | "Rejected";
      /** Why, as one word in CamelCase. */
      reason?: string;
      /** What came of it, for people. */
      message?: string;
      /** When it got into this state. */
      time: string;
    };
    /** The last request made by the annotation o365sync.dev/approve. */
    approve?: {
      /** The annotation's value; the hash of a value that is no token. */
      token: string;
      /** The run that serves it, as in the history. */
      id?: string;
      /** Accepted waits for its run; Succeeded, Failed and Rejected are final. */
      state: "Accepted" | "Running" | "Succeeded" | "Failed" | "Rejected";
      /** Why, as one word in CamelCase. */
      reason?: string;
      /** What came of it, for people. */
      message?: string;
      /** When it got into this state. */
      time: string;
    };
  };
  /** The last value of the annotation o365sync.dev/sync that reached a final state. */
  handledSync?: string;
  /** The last value of the annotation o365sync.dev/test-sync that reached a final state. */
  handledTestSync?: string;
  /** The last value of the annotation o365sync.dev/test-connection that reached a final state. */
  handledTestConnection?: string;
  /** The last value of the annotation o365sync.dev/approve that reached a final state. */
  handledApprove?: string;
  /** The last five records in short, newest first; the rest is in the ConfigMap <name>-history. */
  history?: {
    /** Names the run. */
    id: string;
    /** When the run began. */
    time: string;
    /** What asked for it. */
    trigger: "Schedule" | "Manual" | "Initial" | "SpecChange" | "DomainChange" | "Repair" | "Approval" | "Additions";
    /** Whether it was a test, which publishes nothing. */
    test: boolean;
    /** What came of it; Succeeded is for tests. */
    result: "Published" | "Unchanged" | "Held" | "Failed" | "Succeeded";
    /** What came of it, for people. */
    summary: string;
    /** The changes that it planned. */
    changes?: {
      /** Accounts added. */
      accountAdds: number;
      /** Accounts deleted. */
      accountDeletes: number;
      /** Aliases added. */
      aliasAdds: number;
      /** Aliases deleted. */
      aliasDeletes: number;
      /** The sum of the four. */
      total: number;
    };
  }[];
}
