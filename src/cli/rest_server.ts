import { logger } from "../base/log.ts";
import { type Address, UsageError } from "./arguments.ts";
import { urlHost } from "./settings.ts";

const log = logger("rest");

/** Ports tried after the one that is taken, when another will do. */
const PORTS_TRIED = 100;
/** Requests under way at the end have this long. */
const DRAIN_MS = 1000;

type Handler = (request: Request) => Response | Promise<Response>;

/** The port the REST API wants is taken, or the address is not of this machine. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Listens on all addresses and answers with whatever handler is set; until then with 503, as Kafka Connect does while it starts. */
export class RestServer {
  #handler: Handler = () => Response.json({ error_code: 503, message: "Worker is still starting up." }, { status: 503 });
  readonly #servers: readonly Deno.HttpServer<Deno.NetAddr>[];

  private constructor(addresses: readonly Address[], nextFree: boolean) {
    this.#servers = addresses.map((address) => this.#listen(address, nextFree));
  }

  /** Throws a `ListenError` with the address and the way out. `nextFree`: a taken port is no error, the next free one is used and said. */
  static open(addresses: readonly Address[], nextFree: boolean): RestServer {
    return new RestServer(addresses, nextFree);
  }

  /** Who answers from now on. */
  set handler(handler: Handler) {
    this.#handler = handler;
  }

  /** Where the first listener really listens. */
  get bound(): Deno.NetAddr {
    const [first] = this.#servers;
    if (first === undefined) throw new UsageError("The REST API needs at least one listener");
    return first.addr;
  }

  /** Base URLs as a user on this machine types them. */
  get urls(): readonly string[] {
    return this.#servers.map(({ addr }) => {
      const host = addr.hostname === "0.0.0.0" ? "127.0.0.1" : addr.hostname === "::" ? "::1" : addr.hostname;
      return `http://${urlHost(host)}:${addr.port}`;
    });
  }

  /** Takes no more requests, waits a little for those under way. */
  async close(sleep: (ms: number) => Promise<void>): Promise<void> {
    await Promise.race([Promise.all(this.#servers.map((server) => server.shutdown())), sleep(DRAIN_MS)]);
  }

  #listen(address: Address, nextFree: boolean): Deno.HttpServer<Deno.NetAddr> {
    const last = nextFree && address.port !== 0 ? Math.min(address.port + PORTS_TRIED, 65535) : address.port;
    for (let port = address.port;; port++) {
      try {
        const server = Deno.serve({ hostname: address.host, port, onListen: () => {} }, (request) => this.#handler(request));
        if (port !== address.port && address.port !== 0) log.warn(`Port ${address.port} is taken, so the REST API listens on ${port}`);
        return server;
      } catch (error) {
        if (error instanceof Deno.errors.AddrInUse && port < last) continue;
        throw new ListenError(sentence(address, error), { cause: error });
      }
    }
  }
}

function sentence({ host, port }: Address, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const wayOut = error instanceof Deno.errors.AddrInUse
    ? "another program has it; choose another port with --listen HOST:PORT, or end that program"
    : "choose another address with --listen HOST:PORT";
  return `Cannot listen on ${urlHost(host)}:${port}: ${reason.replace(/ \(os error \d+\)$/, "")}; ${wayOut}`;
}
