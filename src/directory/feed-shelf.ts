/** What all feeds keep for those who have not asked yet, in one room: whoever has a tenant can make a feed with each O365Sync. */
import type { DirectoryObject } from "../recipients/model.ts";

export interface FeedShelf {
  /** Keeps it until others need the room: then `forget` is called. Answers what takes it back. */
  keep(characters: number, forget: () => void): () => void;
}

/** Of what one round found, and of all that is kept. Where more has changed, a full read tells. */
export const MOST_CHARACTERS = 16 * 1024 * 1024;

export function createFeedShelf(most = MOST_CHARACTERS): FeedShelf {
  const kept = new Set<{ readonly characters: number; readonly forget: () => void }>();
  let held = 0;
  return {
    keep(characters, forget) {
      const entry = { characters, forget };
      kept.add(entry);
      held += characters;
      // The oldest first, down to the new one itself.
      for (const old of kept) {
        if (held <= most) break;
        kept.delete(old);
        held -= old.characters;
        old.forget();
      }
      return () => {
        if (kept.delete(entry)) held -= characters;
      };
    },
  };
}

/** An object without addresses takes room too. */
export const weightOf = ({ id, mail, proxyAddresses }: DirectoryObject): number =>
  proxyAddresses.reduce((sum, text) => sum + 20 + text.length, 100 + id.length + (mail ?? "").length);
