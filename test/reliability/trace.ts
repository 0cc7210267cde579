import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A system call as strace has written it, its texts as bytes. */
export interface SystemCall {
  readonly name: string;
  /** File descriptors among the arguments, in order, each with what it leads to. */
  readonly files: readonly { readonly fd: number; readonly path: string }[];
  readonly texts: readonly Buffer[];
  /** What is left of the arguments: numbers and flags. */
  readonly rest: readonly string[];
  /** Undefined until it has returned. */
  result: number | undefined;
}

/** Either end of a call: between the two its effects may or may not have taken place. */
export interface TraceEvent {
  readonly phase: 'begin' | 'end';
  readonly call: SystemCall;
}

const traced = [
  'openat,open,creat,close,dup,dup2,dup3',
  'write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendfile,copy_file_range',
  'fsync,fdatasync,sync_file_range,ftruncate,truncate,fallocate',
  'link,linkat,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat',
].join(',');

/** The command that runs another and writes down, whole and in order, what it does to files and what it sends. */
export function tracer(output: string, injections: readonly string[] = []): readonly string[] {
  const inject = injections.flatMap((injection) => ['-e', `inject=${injection}`]);
  // -D: the service is the child, and can be killed as such. -y: descriptors with their paths. -xx: all bytes as hex.
  const options = ['-D', '-f', '-y', '-xx', '-s', String(4 * 1024 * 1024), '-o', output];
  return ['strace', ...options, ...inject, '-e', 'signal=none', '-e', `trace=${traced}`];
}

/** The events of a trace, in the order in which the kernel was entered and left. */
export async function* readTrace(path: string): AsyncGenerator<TraceEvent> {
  const unfinished = new Map<string, SystemCall>();
  const lines = createInterface({ input: createReadStream(path, 'latin1') });
  for await (const line of lines) {
    const gap = line.indexOf(' ');
    const thread = line.slice(0, gap);
    const text = line.slice(gap).trimStart();
    if (text.startsWith('+++') || text.startsWith('---')) continue;
    if (text.startsWith('<... ')) {
      const call = unfinished.get(thread);
      unfinished.delete(thread);
      if (call) yield { phase: 'end', call: returned(call, text) };
      continue;
    }
    const call = parseCall(text);
    yield { phase: 'begin', call };
    if (text.endsWith('<unfinished ...>')) unfinished.set(thread, call);
    else yield { phase: 'end', call: returned(call, text) };
  }
}

/** The same object, so that whoever has seen its beginning knows its end. */
function returned(call: SystemCall, text: string): SystemCall {
  const result = /= (-?\d+)/.exec(text.slice(text.lastIndexOf(' = ')));
  call.result = result ? Number(result[1]) : undefined;
  return call;
}

function parseCall(text: string): SystemCall {
  const open = text.indexOf('(');
  const files: { fd: number; path: string }[] = [];
  const texts: Buffer[] = [];
  const rest: string[] = [];
  // Cut by hand: a pattern would have to run over millions of characters.
  for (let at = open + 1; at < text.length; ) {
    if (text[at] === '"') {
      const end = text.indexOf('"', at + 1);
      texts.push(bytesOf(text.slice(at + 1, end)));
      at = end + 1;
      continue;
    }
    const next = nextMark(text, at);
    const piece = text.slice(at, next);
    if (text[next] === '<' && !text.startsWith('<unfinished', next)) {
      const end = text.indexOf('>', next);
      const fd = /(\d+|AT_FDCWD)$/.exec(piece)?.[1] ?? '';
      files.push({ fd: Number(fd), path: String(bytesOf(text.slice(next + 1, end))) });
      at = end + 1;
      continue;
    }
    rest.push(...piece.split(/[,()\s]+/).filter((part) => part !== ''));
    if (text[next] !== '"') break;
    at = next;
  }
  // What takes a folder and a name is the same as what takes a path: all paths are absolute.
  const name = text.slice(0, open).replace(/^(link|unlink|mkdir|rename)at2?$/, '$1');
  return { name, files, texts, rest, result: undefined };
}

/** Where the next text, path or end of the arguments is. */
function nextMark(text: string, at: number): number {
  const marks = ['"', '<', ' = '].map((mark) => text.indexOf(mark, at));
  return Math.min(...marks.map((mark) => (mark < 0 ? text.length : mark)));
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
