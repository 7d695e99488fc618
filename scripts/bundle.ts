/** Bundles a program into one file, with a source map of its own code: the operator, and the kubectl plugin. */
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import { build, type Metafile, type Plugin, transform } from "esbuild";

interface SourceMap {
  readonly version: 3;
  readonly sources: readonly string[];
  readonly mappings: string;
}

export interface BundleSettings {
  /** Default: the operator. */
  readonly entryPoint?: string;
  /** First line of the file. */
  readonly banner?: string;
  /** The commit, which `--version` tells. */
  readonly revision?: string | undefined;
}

/** Answers what went into the file. */
export async function bundle(outfile: string, settings: BundleSettings = {}): Promise<Metafile> {
  const { entryPoint = "src/main.ts", banner, revision = "" } = settings;
  const { metafile } = await build({
    entryPoints: [entryPoint],
    outfile,
    ...(banner === undefined ? {} : { banner: { js: banner } }),
    bundle: true,
    platform: "node",
    target: "node20",
    // CommonJS, because msal pulls in modules that call require at run time.
    format: "cjs",
    // Our own names stay as they are: keepNames wraps every closure in a call, also in the innermost loops.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: "linked",
    sourcesContent: false,
    metafile: true,
    define: { "process.env.BUILD_REVISION": JSON.stringify(revision) },
    // Some library asks for the one of Node.js, which warns that it is deprecated.
    alias: { punycode: "punycode/punycode.js" },
    // Taken when it is there, which is true of the tools' packages only: what is bundled must not depend on those.
    external: ["supports-color"],
    plugins: [leaner],
    logLevel: "warning",
  });
  const map = `${outfile}.map`;
  await writeFile(map, JSON.stringify(ownLines(JSON.parse(await readFile(map, "utf8")) as SourceMap)));
  return metafile;
}

/**
 * What is imported at the top of a module and seldom or never called, by package: the exports of a module in its place,
 * which reaches for it at the first call. Loading is a large part of what one question of the plugin takes.
 */
const LATE: Readonly<Record<string, string>> = {
  // Of node-fetch the Kubernetes client uses the Headers that Node.js has too, and naming those alone loads its fetch.
  "node-fetch": `get Headers() { return globalThis.Headers; }`,
  // For clusters with a proxy-url, which are refused before (src/runtime/access.ts).
  "socks-proxy-agent": "",
  hpagent: "",
  // For users of a kubeconfig whose credential plugin is one of two that kubectl no longer has.
  "jsonpath-plus": `get JSONPath() { return require("jsonpath-plus").JSONPath; }`,
  // A thousand types of files, for what is attached to a mail; nothing is, and all others get the type that an unknown one has.
  "mime-types.js": `detectMimeType: () => "application/octet-stream", detectExtension: () => "bin"`,
  // Servers of mail providers by their names, for an option that the operator does not have.
  "services.js": "services: {}",
  // For `-o yaml`.
  yaml: `get stringify() { return require("yaml").stringify; }`,
};

/**
 * Leaves out what nobody calls of the Kubernetes client: its package does not say that a file does nothing by being
 * imported, so that every model of every API would stay.
 * Libraries get short names inside of their functions; the map says nothing of them anyway.
 */
const leaner: Plugin = {
  name: "leaner",
  setup({ onResolve, onLoad }) {
    // They name whole files: asking esbuild for each would take five times as long.
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, importer, resolveDir }) =>
      importer.includes("/@kubernetes/client-node/") ? { path: join(resolveDir, path), sideEffects: false } : undefined,
    );
    onResolve({ filter: /\/(?:mime-types|services)\.js$/ }, ({ path, importer, resolveDir }) =>
      importer.includes("/node_modules/nodemailer/")
        ? { path: basename(path), namespace: "late", pluginData: resolveDir, sideEffects: false }
        : undefined,
    );
    const names = new RegExp(`^(?:${Object.keys(LATE).join("|")})$`);
    onResolve({ filter: names }, ({ path, namespace, resolveDir }) =>
      namespace === "late" ? undefined : { path, namespace: "late", pluginData: resolveDir, sideEffects: false },
    );
    onLoad({ filter: LIBRARY }, async ({ path }) => ({ contents: await shortened(await readFile(path, "utf8")) }));
    onLoad({ filter: /./, namespace: "late" }, ({ path, pluginData }) => ({
      contents: `module.exports = { ${LATE[path]} };`,
      resolveDir: String(pluginData),
    }));
  },
};

const LIBRARY = /\/node_modules\/.*\.[cm]?js$/;

/** With short names of what stands inside of its functions; what others see of it, and what a stack calls it, stays. */
async function shortened(source: string): Promise<string> {
  const { code } = await transform(source, { loader: "js", target: "node20", minify: true, legalComments: "inline" });
  return code;
}

/**
 * The map with the lines of our own code and nothing else: 0.07 MB in place of 2.3, whose reading would take 50 MiB;
 * docs/decisions/0072-source-maps.md has the figures.
 */
export function ownLines({ sources, mappings }: SourceMap): SourceMap {
  const isOwn = sources.map((source) => !source.includes("node_modules/"));
  const lines = decode(mappings).map((line) => {
    const kept: SourceMapSegment[] = [];
    let place = "";
    for (const segment of line) {
      const [column, source, row = 0, at = 0] = segment;
      const here = source !== undefined && isOwn[source] === true ? `${source}:${row}` : "";
      if (here === place) continue;
      place = here;
      kept.push(source === undefined || here === "" ? [column] : [column, source, row, at]);
    }
    return kept;
  });
  // The empty line at the end: Node.js misreads a last entry that has no source.
  const names = sources.map((source, index) => (isOwn[index] === true ? source.replace(/^(?:\.\.\/)+/, "") : ""));
  return { version: 3, sources: names, mappings: encode([...lines, []]) };
}
