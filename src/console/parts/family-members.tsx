import { type FormEvent, type ReactNode, useState } from 'react';
import { type FamilyBody, shareFamily, unshareFamily } from '../../client/families.ts';
import { timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import type { SeenFamily } from '../families.ts';
import { useTell } from '../messages.ts';
import { wordOf } from '../terms.ts';
import { Problem } from './problem.tsx';

interface FamilyMembersProps {
  readonly seen: SeenFamily;
  readonly onChanged: () => void;
}

type Member = NonNullable<FamilyBody['members']>[number];

/** The projects that each new version follows to. */
export function FamilyMembers({ seen, onChanged }: FamilyMembersProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const { family, projectNames } = seen;
  const members = family.members ?? [];
  const remove = useTask(async ({ id, note }: Member) => {
    await unshareFamily(session, family, id);
    onChanged();
    tell({
      text: `New versions no longer follow to ${projectNames.get(id) ?? id}.`,
      async undo() {
        await shareFamily(session, family, { project: id, note });
        onChanged();
      },
    });
  });
  return (
    <section className="card">
      <h2>Shared with</h2>
      <Problem error={remove.problem} />
      {members.length === 0 && (
        <p className="quiet-text">
          Nobody yet. A project that is given the family is offered its current image, and each that
          becomes so.
        </p>
      )}
      {members.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Project</th>
              <th scope="col" className="since">
                Since
              </th>
              <th scope="col">
                <span className="unseen">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <MemberRow
                key={member.id}
                member={member}
                name={projectNames.get(member.id)}
                onRemove={() => void remove.run(member)}
              />
            ))}
          </tbody>
        </table>
      )}
      <ShareForm family={family} onShared={onChanged} />
    </section>
  );
}

interface MemberRowProps {
  readonly member: Member;
  readonly name: string | undefined;
  readonly onRemove: () => void;
}

function MemberRow({ member, name, onRemove }: MemberRowProps): ReactNode {
  const { id, note, since } = member;
  return (
    <tr>
      <td className="breakable" title={id}>
        {name ?? <code>{id}</code>}
        {name === undefined && <div className="note">no project of that name is known</div>}
        {note !== null && <div className="note">{note}</div>}
      </td>
      <td className="since time">{timeText(since)}</td>
      <td className="number">
        <button
          type="button"
          className="danger-text"
          aria-label={`Remove ${name ?? id} from the members`}
          onClick={onRemove}
        >
          Remove
        </button>
      </td>
    </tr>
  );
}

interface ShareFormProps {
  readonly family: FamilyBody;
  readonly onShared: () => void;
}

function ShareForm({ family, onShared }: ShareFormProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [project, setProject] = useState('');
  const [note, setNote] = useState('');
  const share = useTask(async () => {
    await shareFamily(session, family, { project: project.trim(), note: wordOf(note) });
    tell({ text: `New versions follow to ${project.trim()}.` });
    setProject('');
    setNote('');
    onShared();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void share.run();
  };
  return (
    <>
      <Problem error={share.problem} />
      <form className="line-form long-fields" onSubmit={submit}>
        <input
          aria-label="Project, by exact name or id"
          placeholder="Project, by exact name or id"
          value={project}
          maxLength={255}
          required
          spellCheck={false}
          onChange={(event) => setProject(event.target.value)}
        />
        <input
          aria-label="A note beside each offer"
          placeholder="Note beside each offer"
          value={note}
          maxLength={1000}
          onChange={(event) => setNote(event.target.value)}
        />
        <button type="submit" disabled={share.isRunning}>
          Share
        </button>
      </form>
    </>
  );
}
