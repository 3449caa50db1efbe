/**
 * How JavaScript learns that a queue of librdkafka has something in it: librdkafka writes a byte to a socket when an empty queue
 * gets its first element, and the event loop's own epoll sees the other end. No thread, no timer, 9 to 14 µs a wake-up.
 */
import { systemClock } from "../base/clock.ts";
import { logger } from "../base/log.ts";
import { cString } from "./memory.ts";
import { native } from "./symbols.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
/** Linux: librdkafka must never wait on a full socket, and children must not inherit it. */
const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const WAKE_BYTE = new Uint8Array([1]);

/**
 * A bell that any number of queues ring. Owned by one client, which drains its queues to empty before it waits: a queue that
 * was not empty rings no more.
 */
export class Bell {
  readonly #fd: number;
  readonly #listener: Deno.Listener;
  readonly #ringing: Promise<void>;
  #conn: Deno.Conn | undefined;
  #rung = false;
  #closed = false;
  #waiters = new Set<() => void>();

  constructor() {
    const token = crypto.randomUUID();
    const { listener, fd } = Deno.build.os === "linux" ? unixSocket(token) : tcpSocket();
    native.write(fd, cString(token), BigInt(token.length));
    this.#listener = listener;
    this.#fd = fd;
    this.#ringing = this.#listen(token);
  }

  /** Lets a queue ring. Undone by `detach` before the queue is destroyed. */
  attach(queue: bigint): void {
    native.rd_kafka_queue_io_event_enable(queue, this.#fd, WAKE_BYTE, 1n);
  }

  detach(queue: bigint): void {
    native.rd_kafka_queue_io_event_enable(queue, -1, WAKE_BYTE, 0n);
  }

  /**
   * Resolves at the next ring, or at once when it rang since the last wait, or after `timeoutMs` (Infinity = no timer), or when the
   * signal ends, or on `close`.
   */
  async wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#rung || this.#closed || signal?.aborted || timeoutMs <= 0) {
      this.#rung = false;
      return;
    }
    const over = new AbortController();
    const stop = () => over.abort();
    this.#waiters.add(stop);
    signal?.addEventListener("abort", stop);
    if (timeoutMs === Infinity) await new Promise((resolve) => over.signal.addEventListener("abort", resolve));
    else await systemClock.sleep(timeoutMs, over.signal);
    this.#waiters.delete(stop);
    signal?.removeEventListener("abort", stop);
    this.#rung = false;
  }

  /** Ends every wait and frees the sockets. Every queue is detached by then. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#ring();
    this.#listener.close();
    this.#conn?.close();
    native.close(this.#fd);
    await this.#ringing;
  }

  /** The one loop of a bell; ends with `close`, which makes its read fail. */
  async #listen(token: string): Promise<void> {
    const buffer = new Uint8Array(64);
    try {
      this.#conn = await acceptOwn(this.#listener, token);
      while (!this.#closed && await this.#conn.read(buffer) !== null) this.#ring();
    } catch (error) {
      // Not thrown: nobody waits for this loop. Waits end by their time-out from here on, which is slow but right.
      if (!this.#closed) logger("kafka").warn(`The wake-up socket of a Kafka client broke: ${error}`);
    }
  }

  #ring(): void {
    this.#rung = true;
    for (const stop of this.#waiters) stop();
  }
}

/** Another process of this machine could connect first; only the connection that sends the token is ours. */
async function acceptOwn(listener: Deno.Listener, token: string): Promise<Deno.Conn> {
  while (true) {
    const conn = await listener.accept();
    const buffer = new Uint8Array(token.length);
    let length = 0;
    while (length < buffer.length) {
      const read = await conn.read(buffer.subarray(length));
      if (read === null) break;
      length += read;
    }
    if (new TextDecoder().decode(buffer) === token) return conn;
    conn.close();
  }
}

/** Abstract: a name without a file, gone with the socket. */
function unixSocket(token: string): { listener: Deno.Listener; fd: number } {
  const path = `\0sluice-${token}`;
  const listener = Deno.listen({ transport: "unix", path });
  const address = new Uint8Array(2 + path.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(new TextEncoder().encode(path), 2);
  return { listener, fd: connected(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, address, listener) };
}

/**
 * Where there are no abstract sockets. The descriptor stays blocking: fcntl takes variable arguments, which FFI cannot pass on
 * every platform; and a queue rings once until it is drained, so the socket's buffer never fills.
 */
function tcpSocket(): { listener: Deno.Listener; fd: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  // BSD systems have the structure's length before an 8-bit family.
  if (Deno.build.os === "darwin") address.set([16, AF_INET]);
  else view.setUint16(0, AF_INET, true);
  view.setUint16(2, listener.addr.port);
  address.set([127, 0, 0, 1], 4);
  return { listener, fd: connected(AF_INET, SOCK_STREAM, address, listener) };
}

function connected(family: number, kind: number, address: Uint8Array<ArrayBuffer>, listener: Deno.Listener): number {
  const fd = native.socket(family, kind, 0);
  if (fd >= 0 && native.connect(fd, address, address.length) === 0) return fd;
  listener.close();
  if (fd >= 0) native.close(fd);
  throw new Error("Cannot open a socket for Kafka events: the system refused it, most likely for too many open files");
}
