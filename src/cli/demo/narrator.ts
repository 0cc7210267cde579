/** Tells the demo to a reader, one line at a time. */
export interface Narrator {
  /** Opens the next step. */
  step(title: string): void;
  /** The command that does the same. */
  command(text: string): void;
  /** What happened on the wire. */
  call(text: string): void;
  /** What it means. */
  say(text: string): void;
  /** How much of something long is done, from 0 to 1; shown on a terminal alone. */
  progress(part: number): void;
}

/** A narrator for a terminal or a pipe; colour and progress are kept to terminals. */
export function terminalNarrator(output: NodeJS.WriteStream): Narrator {
  let steps = 0;
  const paint = (code: number, text: string) =>
    output.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text;
  const line = (text: string) => output.write(`${text}\n`);
  return {
    step(title) {
      steps += 1;
      line(`\n${paint(1, `${steps}. ${title}`)}`);
    },
    command: (text) => line(`   ${paint(36, `$ ${text}`)}`),
    call: (text) => line(`   ${paint(2, text)}`),
    say: (text) => line(`   ${text}`),
    progress(part) {
      if (!output.isTTY) return;
      const width = 30;
      const done = Math.round(part * width);
      const bar = '#'.repeat(done) + '.'.repeat(width - done);
      // The line is drawn over itself and gone when the step's next line is written.
      output.write(part < 1 ? `\r   [${bar}] ${Math.floor(part * 100)} %` : '\r\u001b[K');
    },
  };
}

/** A `fetch` that tells every call with its status and time. */
export function toldFetch(narrator: Narrator): typeof fetch {
  return async (input, init) => {
    const begin = performance.now();
    const response = await fetch(input, init);
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const milliseconds = Math.round(performance.now() - begin);
    narrator.call(
      `${init?.method ?? 'GET'} ${pathname}${search} -> ${response.status} ${response.statusText} (${milliseconds} ms)`,
    );
    return response;
  };
}
