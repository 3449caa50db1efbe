/** The parent's room: the worker behind REST. */
export { type Bound, workerIdOf } from "./advertised.ts";
export { converterProblems } from "./default_converters.ts";
export { createWorker, type Worker, type WorkerOptions } from "./worker.ts";
export { meaninglessKeys, readWorkerConfig, type WorkerConfig, workerKeys } from "./worker_config.ts";
