/** What a store finds without a look at everything that is in it. */
import { describe, expect, it } from "vitest";
import type { ConfigMap, Indexer } from "../../../src/runtime/kube.ts";
import { mergeStores } from "../../../src/runtime/merged-store.ts";
import { createStore } from "../../../src/runtime/store.ts";

const BY_COLOUR: Indexer<ConfigMap> = ({ metadata }) => (metadata.labels?.["colours"] ?? "").split(" ").filter(Boolean);

let version = 0;
const map = (name: string, colours: string, uid = name): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "mail", name, uid, resourceVersion: String(++version), labels: { colours } },
});
const names = (found: readonly ConfigMap[]): string[] => found.map(({ metadata }) => metadata.name).sort();

describe("A store finds objects by an indexer", () => {
  it("whether they came before or after it was first asked", () => {
    const store = createStore<ConfigMap>();
    store.put(map("a", "red"));
    expect(names(store.by(BY_COLOUR, "red"))).toEqual(["a"]);
    store.put(map("b", "red blue"));
    expect(names(store.by(BY_COLOUR, "red"))).toEqual(["a", "b"]);
    expect(names(store.by(BY_COLOUR, "blue"))).toEqual(["b"]);
    expect(store.by(BY_COLOUR, "green")).toEqual([]);
  });

  it.each<[what: string, change: (store: ReturnType<typeof createStore<ConfigMap>>) => void, red: string[]]>([
    ["changed", (store) => store.put(map("a", "blue")), ["b"]],
    ["replaced by another of its name", (store) => store.put(map("a", "blue", "other")), ["b"]],
    ["removed, whatever its last state says", (store) => store.remove(map("a", "blue")), ["b"]],
    ["missing in a new list", (store) => [...store.replace([map("b", "red"), map("c", "red")])], ["b", "c"]],
  ])("and no more when they are %s", (_, change, red) => {
    const store = createStore<ConfigMap>();
    for (const name of ["a", "b"]) store.put(map(name, "red"));
    expect(names(store.by(BY_COLOUR, "red"))).toEqual(["a", "b"]);
    change(store);
    expect(names(store.by(BY_COLOUR, "red"))).toEqual(red);
  });

  it("and by its name alone what the indexer cannot read", () => {
    const byOwner: Indexer<ConfigMap> = ({ metadata }) => [
      (metadata.ownerReferences as { name: string }[])[0]?.name ?? "",
    ];
    const store = createStore<ConfigMap>();
    expect(store.by(byOwner, "x")).toEqual([]);
    expect(store.put(map("a", "red"))).toHaveLength(1);
    expect(store.get("mail/a")).toBeDefined();
    expect(store.remove(map("a", "red"))).toHaveLength(1);
  });

  it("over several stores", () => {
    const [one, two] = [createStore<ConfigMap>(), createStore<ConfigMap>()];
    one.put(map("a", "red"));
    two.put(map("b", "red"));
    two.put(map("c", "blue"));
    expect(names(mergeStores([one, two]).by(BY_COLOUR, "red"))).toEqual(["a", "b"]);
    expect([...new Set(mergeStores([one, two]).values(BY_COLOUR))].sort()).toEqual(["blue", "red"]);
  });

  it("and a value that nothing is filed under any more is none", () => {
    const store = createStore<ConfigMap>();
    for (const name of ["a", "b"]) store.put(map(name, "red"));
    store.put(map("c", "blue"));
    store.remove(map("c", "blue"));
    expect([...store.values(BY_COLOUR)]).toEqual(["red"]);
  });
});
