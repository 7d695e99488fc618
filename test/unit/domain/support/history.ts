/** One random history of specs, played step by step against what a gateway accepts. */
import * as fc from "fast-check";
import { claimedNames } from "../../../../src/api/indexers.ts";
import type { MailDomain, O365Sync } from "../../../../src/api/types.generated.ts";
import { type Manifest, stayingNames } from "../../../../src/publication/manifest.ts";
import { parseManifest } from "../../../../src/publication/read-manifest.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../../src/runtime/kube.ts";
import { createTown, type Town } from "../../../support/memory-town.ts";
import { createMortal } from "../../../support/mortal.ts";

const DOMAINS = ["a.test", "b.test"];
/** What an alias domain is stays what it is: a Mirror that becomes a Directory accepts other addresses. */
const ALIASES: NonNullable<MailDomain["spec"]["aliasDomains"]> = [
  { name: "n.test", recipients: "Directory" },
  { name: "m.test", recipients: "Mirror" },
];
const NAMES = [...DOMAINS, ...ALIASES.map(({ name }) => name)];
const PEOPLE = 6;

/** One step: what is done, to which of those that are there, and how. */
export interface Step {
  readonly what: number;
  readonly which: number;
  readonly how: number;
  /** The process dies at so many calls from here; 0: it lives. */
  readonly dies: number;
}

export const step = fc.record({
  what: fc.nat(1_000),
  which: fc.nat(11),
  how: fc.nat(11),
  dies: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }) }),
});

const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % from.length];

interface Machine {
  readonly town: Town;
  /** No plan passes that removes anything. */
  readonly strict: boolean;
  made: number;
  /** Names that a person took the servers of, and that nobody else routes. */
  letGo: ReadonlySet<string>;
  /** What must never be refused from now on. */
  always: ReadonlySet<string>;
  /** How many files had gone with their object when that was told last. */
  collected: number;
}

type Act = (machine: Machine, step: Step) => Promise<void> | void;

const guardOf = ({ strict }: Machine): Partial<O365Sync["spec"]> => ({
  deletionGuard: { enabled: strict, maxPercent: 0, floor: 0 },
});
const fresh = (machine: Machine): string => `x${String(++machine.made)}`;
const nameOf = ({ metadata }: { readonly metadata: { readonly name: string } }): string => metadata.name;
const bodyOf = <T>(spec: T): T => structuredClone(spec);

const someDomain = ({ town }: Machine, which: number): MailDomain | undefined => pick(town.domains(), which);
const someSync = ({ town }: Machine, which: number): O365Sync | undefined => pick(town.syncs(), which);

const askAll: Act = ({ town }, { what }) => {
  for (const sync of town.syncs()) town.ask(nameOf(sync), "sync", `t${what}-${town.now}`);
};

/** A name goes from whoever has it to another one, in one moment. */
const move: Act = (machine, { which, how }) => {
  const { town } = machine;
  const alias = pick(ALIASES, how);
  const heir = someDomain(machine, which);
  if (alias === undefined || heir === undefined) return;
  for (const domain of town.domains())
    town.editDomain(nameOf(domain), {
      aliasDomains: [
        ...(domain.spec.aliasDomains ?? []).filter(({ name }) => name !== alias.name),
        ...(domain === heir ? [alias] : []),
      ],
    });
};

const setAliases: Act = (machine, { which, how }) => {
  const domain = someDomain(machine, which);
  if (domain !== undefined)
    machine.town.editDomain(nameOf(domain), { aliasDomains: ALIASES.filter((_, index) => (how & (1 << index)) !== 0) });
};

/** Under a new name, or under its own; the old one goes first or last. */
const renameDomain: Act = async (machine, { which, how }) => {
  const { town } = machine;
  const domain = someDomain(machine, which);
  if (domain === undefined) return;
  const [again, first] = [how % 3 === 0, how % 2 === 0 || how % 3 === 0];
  const name = again ? nameOf(domain) : fresh(machine);
  const spec = bodyOf(domain.spec);
  if (first) await town.remove("domain", nameOf(domain));
  if (how > 8) await settleMeanwhile(machine);
  await town.addDomain(name, spec);
  if (how % 4 === 0) await settleMeanwhile(machine);
  // Where nobody follows, its O365Syncs refer to a MailDomain that is gone.
  if (how % 5 !== 0)
    for (const sync of town.syncs().filter((other) => other.spec.domainRef.name === nameOf(domain))) {
      const { domainRef: _, ...rest } = bodyOf(sync.spec);
      await town.remove("sync", nameOf(sync));
      await town.addSync(how % 2 === 0 ? nameOf(sync) : fresh(machine), name, rest);
    }
  if (!first) await town.remove("domain", nameOf(domain));
};

const renameSync: Act = async (machine, { which, how }) => {
  const { town } = machine;
  const sync = someSync(machine, which);
  if (sync === undefined) return;
  const { domainRef, ...rest } = bodyOf(sync.spec);
  const name = how % 3 === 0 ? nameOf(sync) : fresh(machine);
  if (how % 2 === 0 || how % 3 === 0) await town.remove("sync", nameOf(sync));
  if (how > 8) await settleMeanwhile(machine);
  // Under a name whose list may be that of another domain.
  const ref = how === 7 ? (someDomain(machine, which + 1)?.metadata.name ?? domainRef.name) : domainRef.name;
  await town.addSync(name, ref, rest);
  if (how % 2 !== 0 && how % 3 !== 0) await town.remove("sync", nameOf(sync));
};

const setOutput: Act = (machine, { which, how }) => {
  const sync = someSync(machine, which);
  if (sync === undefined) return;
  const formats = pick<O365Sync["spec"]["output"]["formats"]>(
    [["postfix"], ["cdb"], ["postfix", "addresses"], ["postfix"], ["cdb", "aliases"], []],
    how,
  );
  const shards = pick([1, 2, 4] as const, which);
  machine.town.editSync(nameOf(sync), {
    output: { ...sync.spec.output, formats: formats ?? ["postfix"], shards: shards ?? 1 },
  });
};

const setPolicy: Act = (machine, { which, how }) => {
  const deletionPolicy = how % 2 === 0 ? "Orphan" : "Delete";
  const [domain, sync] = [someDomain(machine, which), someSync(machine, which)];
  if (how < 6 && domain !== undefined) machine.town.editDomain(nameOf(domain), { deletionPolicy });
  if (how >= 6 && sync !== undefined)
    machine.town.editSync(nameOf(sync), { output: { ...sync.spec.output, deletionPolicy } });
};

/** What is shown as held is let through, at once or when nothing is in its way any more. */
const approve: Act = ({ town }, { which }) => {
  const sync = pick(
    town.syncs().filter(({ status }) => status?.held !== undefined),
    which,
  );
  if (sync !== undefined) town.ask(nameOf(sync), "approve", sync.status?.held?.planDigest ?? "");
};
const isApproving = ({ town }: Machine): boolean =>
  town.syncs().some(({ metadata, status }) => {
    const asked = metadata.annotations?.["o365sync.dev/approve"];
    return asked !== undefined && asked !== status?.handledApprove;
  });

/** Nowhere to deliver to, as somebody wrote it, or where to again. */
const setServers: Act = async (machine, { which, how }) => {
  const { town } = machine;
  const domain = someDomain(machine, which);
  if (domain === undefined) return;
  const name = nameOf(domain);
  const others = town.domains().filter((other) => nameOf(other) !== name);
  const elsewhere = others.flatMap((other) => town.routed(nameOf(other)).split(" "));
  if (how % 3 === 0)
    machine.letGo = new Set(
      town
        .routed(name)
        .split(" ")
        .filter((each) => !elsewhere.includes(each)),
    );
  town.editDomain(name, { inboundServers: how % 3 === 0 ? [] : [{ host: `mx${how}.test`, preference: 10 }] });
  if (how % 3 !== 0) return;
  // The edit itself says that nothing is routed any more.
  town.gateway.release();
  town.gateway.forgetRoutes();
  await town.look("domain", name);
};

const DAMAGES: readonly ((data: string) => string | undefined)[] = [
  () => undefined,
  (data) => data.slice(0, data.length / 2),
  (data) => data.replaceAll("user", "other").replaceAll("n.test", "o.test"),
];
/** Somebody deletes, cuts or edits what only the operator writes. */
const damage: Act = async (machine, { which, how }) => {
  const { town } = machine;
  const { gateway, cluster } = town;
  const files = town.configMaps().filter(({ metadata }) => /-(manifest|accounts-0)$/.test(metadata.name));
  const file = pick(files, which);
  const [key = "", text = ""] = Object.entries(file?.data ?? {})[0] ?? [];
  if (file === undefined) return;
  const { name } = file.metadata;
  const data = pick(DAMAGES, how)?.(text);
  if (name.endsWith("-accounts-0")) gateway.forgive(name);
  if (data === undefined) await cluster.client.delete(CONFIG_MAP, { namespace: "mail", name });
  else
    cluster.edit(CONFIG_MAP as never, { namespace: "mail", name }, (map: ConfigMap) => {
      map.data = { [key]: data };
    });
};

const changeTenant: Act = ({ town }, { which, how }) => {
  const id = `volatile-${which}`;
  if (town.people.has(id)) town.people.delete(id);
  else
    town.people.set(
      id,
      NAMES.slice(how % 3).map((name) => `${id}@${name}`),
    );
};

const ACTS: readonly (readonly [weight: number, act: Act])[] = [
  [6, askAll],
  [4, move],
  [4, setAliases],
  [4, renameDomain],
  [4, renameSync],
  [2, setOutput],
  [1, setPolicy],
  [3, changeTenant],
  [3, approve],
  [1, setServers],
  [3, damage],
  [
    2,
    ({ town }, { which, how }) => {
      const sync = pick(town.syncs(), which);
      if (sync !== undefined) town.editSync(nameOf(sync), { suspend: how % 2 === 0 });
    },
  ],
  [
    1,
    async (machine, { which }) => {
      const sync = someSync(machine, which);
      if (sync !== undefined) await machine.town.remove("sync", nameOf(sync));
    },
  ],
  [
    1,
    async (machine, { which }) => {
      const domain = someDomain(machine, which);
      if (domain !== undefined) await machine.town.remove("domain", nameOf(domain));
    },
  ],
  [
    2,
    async (machine, { which }) => {
      const name = fresh(machine);
      await machine.town.addDomain(name, {
        domain: pick(DOMAINS, which) ?? "",
        aliasDomains: ALIASES.slice(which % 3),
      });
      await machine.town.addSync(name, name, guardOf(machine));
    },
  ],
  [
    2,
    ({ town }) => {
      town.now += 25 * 3_600_000;
    },
  ],
];
const HAT = ACTS.flatMap(([weight, act]) => Array.from({ length: weight }, () => act));

async function settle({ town }: Machine): Promise<void> {
  town.restart();
  await town.work();
  // A contested name may be with one that has no list yet; where no MailDomain is left, what is orphaned stays as it is.
  town.gateway.expectAtRest(town.configMaps(), (name, listOf) => {
    const holders = town.domains().filter(({ spec }) => spec.domain === listOf);
    const others = town.domains().filter((domain) => claimedNames(domain).includes(name) && !holders.includes(domain));
    const isServed = holders.every(({ spec }) => (spec.inboundServers ?? []).length > 0);
    // Somebody may have edited a manifest.
    return holders.length !== 1 || others.length > 0 || !isServed || !NAMES.includes(name);
  });
}

/** A MailDomain whose own domain another one routes is told so, and nothing is read for it: what it asks for alone, nobody serves. */
function isServed(town: Town, { metadata, spec }: MailDomain): boolean {
  const rivals = town.domains().filter((other) => claimedNames(other).includes(spec.domain));
  const holders = rivals.filter((other) => town.routed(other.metadata.name).split(" ").includes(spec.domain));
  return holders.length === 0 || holders.some((holder) => holder.metadata.name === metadata.name);
}

/** Of those whom the tenant has throughout: the addresses that some MailDomain asks for that is served. */
function wanted({ town }: Machine): Set<string> {
  const everybody = Array.from({ length: PEOPLE }, (_, index) => town.people.get(`id-${index}`) ?? []).flat();
  const served = town.domains().filter((domain) => isServed(town, domain));
  const asked = served.flatMap(({ spec }) => {
    const names = [
      spec.domain,
      ...(spec.aliasDomains ?? []).filter(({ recipients }) => recipients === "Directory").map(({ name }) => name),
    ];
    const mirrors = (spec.aliasDomains ?? [])
      .filter(({ recipients }) => recipients === "Mirror")
      .map(({ name }) => name);
    const own = everybody.filter((address) => names.includes(address.split("@")[1] ?? ""));
    const mirrored = everybody
      .filter((address) => address.endsWith(`@${spec.domain}`))
      .flatMap((address) => mirrors.map((name) => `${address.split("@")[0]}@${name}`));
    return [...own, ...mirrored];
  });
  return new Set(asked);
}

/** Whether somebody who lists the domain asks for no table, or who routes it has no server. */
function isGivenUp({ town }: Machine, address: string): boolean {
  const name = address.split("@")[1] ?? "";
  const manifests = town.configMaps().flatMap(({ metadata, data }): [sync: string, manifest: Manifest][] => {
    const found = parseManifest(data?.["manifest.json"]);
    return found.kind === "ok" ? [[metadata.name.replace(/-manifest$/, ""), found.manifest]] : [];
  });
  const unlisted = town.syncs().some(({ metadata, spec }) => {
    const domain = town.domain(spec.domainRef.name);
    const carried = manifests.filter(([sync]) => sync === metadata.name).flatMap(([, each]) => stayingNames(each));
    const names = [...carried, ...(domain === undefined ? [] : claimedNames(domain))];
    return spec.output.formats.length === 0 && names.includes(name);
  });
  const unserved = town.domains().some((domain) => {
    const lists = manifests.filter(([, { current }]) => current?.domain === domain.spec.domain);
    const names = [...claimedNames(domain), ...lists.flatMap(([, each]) => stayingNames(each))];
    return domain.spec.inboundServers?.length === 0 && names.includes(name);
  });
  return unlisted || unserved;
}

/** What the objects as they are now let go. */
function excuse(machine: Machine): void {
  const { town } = machine;
  // What a person lets go with its object is gone.
  if (town.collected !== machine.collected) machine.always = new Set();
  machine.collected = town.collected;
  // What a spec says is not to be listed or routed ends with it.
  const isLetGo = (address: string): boolean => machine.letGo.has(address.split("@")[1] ?? "");
  let always = [...machine.always].filter((address) => !isGivenUp(machine, address) && !isLetGo(address));
  // A plan may end what nobody asks for any more, where it passes.
  if (!machine.strict || isApproving(machine)) {
    const asked = wanted(machine);
    always = always.filter((address) => asked.has(address));
  }
  machine.always = new Set(always);
  town.gateway.expectAlways(machine.always);
}

/** In the middle of a step, when what is about to come back is asked for by nobody. */
async function settleMeanwhile(machine: Machine): Promise<void> {
  excuse(machine);
  await settle(machine);
}

export async function play(strict: boolean, steps: readonly Step[]): Promise<number> {
  const machine: Machine = {
    town: await createTown(),
    strict,
    made: 0,
    letGo: new Set(),
    always: new Set(),
    collected: 0,
  };
  const { town } = machine;
  const { gateway } = town;
  for (let index = 0; index < PEOPLE; index++)
    town.people.set(
      `id-${index}`,
      NAMES.filter((name) => name !== "m.test").map((name) => `user${index}@${name}`),
    );
  await town.addDomain("a", { domain: "a.test", aliasDomains: ALIASES.slice(0, 1) });
  await town.addDomain("b", { domain: "b.test", aliasDomains: ALIASES.slice(1) });
  for (const name of ["a", "b"]) await town.addSync(name, name, guardOf(machine));
  await askAll(machine, { what: 0, which: 0, how: 0, dies: 0 });
  await settle(machine);
  machine.always = new Set(gateway.accepted());
  gateway.expectAlways(machine.always);
  for (const each of steps) {
    machine.letGo = new Set();
    await pick(HAT, each.what)?.(machine, each);
    excuse(machine);
    if (each.dies > 0) {
      const mortal = createMortal(town.cluster.client);
      town.restart(mortal.client);
      mortal.dieAt(each.dies, each.how % 2 === 0 ? "before" : "after");
      await town.work().catch((error: unknown) => {
        if (!mortal.isDead) throw error;
      });
    }
    await settle(machine);
    const now = wanted(machine);
    const accepted = [...gateway.accepted()].filter((address) => strict || now.has(address));
    machine.always = new Set([...machine.always, ...accepted.filter((address) => !isGivenUp(machine, address))]);
    gateway.expectAlways(machine.always);
  }
  return machine.always.size;
}
