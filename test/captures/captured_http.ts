/** Captured cases as far as they are requests and answers: for tests that need no running worker. */
import type { ReplayCase, Step } from "./golden_steps.ts";

/** One request and its answer. */
export type HttpStep = Extract<Step, { readonly do: "http" }>;

/** Reads the steps of `golden/AREA/CASE.json`. */
export function capturedSteps(name: string): readonly Step[] {
  return (JSON.parse(Deno.readTextFileSync(new URL(`./golden/${name}.json`, import.meta.url))) as ReplayCase).steps;
}

/** The requests of a case, in order. */
export function httpSteps(name: string): readonly HttpStep[] {
  return capturedSteps(name).filter((step) => step.do === "http");
}

/** The answer's body as text; empty when there was none. */
export function bodyText({ response }: HttpStep): string {
  const { body } = response;
  return body !== null && body !== undefined && "text" in body ? body.text : "";
}
