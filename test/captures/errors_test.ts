import { replaySuite } from "./replay_suite.ts";

replaySuite("errors");
