/** The pages in the order in which they are read: understand, start, work with it, look up, operate, contribute. */

export interface Section {
  readonly text: string;
  /** Paths in the repository. A folder stands for its pages, in the order of their names. */
  readonly pages: readonly string[];
}

export const SECTIONS: readonly Section[] = [
  { text: "Understand", pages: ["README.md", "docs/faq.md", "docs/glossary.md", "docs/performance.md"] },
  { text: "Start", pages: ["docs/getting-started.md", "docs/access.md", "docs/install.md"] },
  {
    text: "Work with it",
    pages: [
      "docs/maildomain.md",
      "docs/o365sync.md",
      "docs/schedule.md",
      "docs/additions.md",
      "docs/consumers.md",
      "docs/kubectl-mailsync.md",
      "docs/notifications.md",
      "docs/gitops.md",
    ],
  },
  { text: "Look up", pages: ["docs/reference.md", "charts/o365-sync-operator/README.md", "docs/errors.md"] },
  {
    text: "Operate",
    pages: [
      "docs/reliability.md",
      "docs/metrics.md",
      "docs/security.md",
      "SECURITY.md",
      "docs/restore-from-backup.md",
      "docs/upgrade.md",
      "docs/support.md",
      "CHANGELOG.md",
    ],
  },
  { text: "Runbooks", pages: ["docs/runbooks"] },
  { text: "Contribute", pages: ["CONTRIBUTING.md", "MAINTAINERS.md", "CODE_OF_CONDUCT.md"] },
  { text: "Decisions", pages: ["docs/decisions"] },
];
