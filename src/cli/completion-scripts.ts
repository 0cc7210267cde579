import type { Command } from 'commander';

/** Shells that completions are written for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** A command as shells complete it. */
interface Completed {
  /** Its words behind the program's name. */
  readonly path: string;
  /** What may follow: commands below it, and its options. */
  readonly words: readonly { readonly word: string; readonly about: string }[];
}

/** Writes the completion of a program for a shell; its words are those of its own help. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = completedOf(program, '');
  return shell === 'fish' ? fishScript(commands) : bashScript(commands, shell);
}

function completedOf(command: Command, path: string): readonly Completed[] {
  const below = command.commands.map((one) => ({ word: one.name(), about: one.description() }));
  const options = command.options.map(({ long, short, description }) => ({
    word: long ?? short ?? '',
    about: description,
  }));
  const help = { word: '--help', about: 'display help for command' };
  const own = { path, words: [...below, ...options, help] };
  const join = (name: string) => (path === '' ? name : `${path} ${name}`);
  return [own, ...command.commands.flatMap((one) => completedOf(one, join(one.name())))];
}

/** For zsh the same by its own `bashcompinit`. */
function bashScript(commands: readonly Completed[], shell: 'bash' | 'zsh'): string {
  const cases = commands.map(
    ({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`,
  );
  const known = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `${shell === 'zsh' ? 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n' : ''}_vitrine() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' next words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${path:+$path }\${COMP_WORDS[index]}"
    case "$next" in
      ${known.join('|')}) path="$next" ;;
      *) break ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _vitrine vitrine
`;
}

function fishScript(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ path, words }) =>
    words.map(({ word, about }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c vitrine -n "__vitrine_is '${path}'" ${what} -d ${quoted(about)}`;
    }),
  );
  const known = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `function __vitrine_is
  set -l known ${known.join(' ')}
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    contains -- "$next" $known; or break
    set path "$next"
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** Text for fish as it stands. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
