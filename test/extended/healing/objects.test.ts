/** Rows of the table in docs/reliability.md: broken, read what is said, the cause cured and nothing else. */
import { playChapter } from "../../support/healing/chapter.ts";
import { objects } from "../../support/healing/objects.ts";

playChapter(objects);
