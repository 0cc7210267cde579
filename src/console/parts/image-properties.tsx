import { type FormEvent, type ReactNode, useState } from 'react';
import {
  type ImageBody,
  type ImageChange,
  propertyPath,
  updateImage,
} from '../../client/images.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import { propertiesOf } from '../properties.ts';
import { Problem } from './problem.tsx';

interface ImagePropertiesProps {
  readonly image: ImageBody;
  readonly mayChange: boolean;
  readonly onChanged: () => void;
}

/** What somebody says of an image beside what every image has. */
export function ImageProperties({ image, mayChange, onChanged }: ImagePropertiesProps): ReactNode {
  const { session } = useAccount();
  const properties = propertiesOf(image);
  const change = useTask(async (changes: readonly ImageChange[]) => {
    await updateImage(session, image.id, changes);
    onChanged();
  });
  return (
    <section className="card">
      <h2>Properties</h2>
      {properties.length === 0 && (
        <p className="quiet-text">
          None. Nova and others read some, such as <code>os_distro</code> or{' '}
          <code>hw_disk_bus</code>.
        </p>
      )}
      {properties.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
              {mayChange && (
                <th scope="col">
                  <span className="unseen">Remove</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {properties.map(([name, value]) => (
              <tr key={name}>
                <th scope="row" className="breakable">
                  {name}
                </th>
                <td className="breakable">{value}</td>
                {mayChange && (
                  <td className="number">
                    <button
                      type="button"
                      className="danger-text"
                      aria-label={`Remove the property ${name}`}
                      onClick={() => void change.run([{ op: 'remove', path: propertyPath(name) }])}
                    >
                      Remove
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Problem error={change.problem} />
      {mayChange && (
        <PropertyForm
          onAdd={(name, value) => change.run([{ op: 'add', path: propertyPath(name), value }])}
        />
      )}
    </section>
  );
}

interface PropertyFormProps {
  readonly onAdd: (name: string, value: string) => Promise<boolean>;
}

function PropertyForm({ onAdd }: PropertyFormProps): ReactNode {
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await onAdd(name.trim(), value))) return;
    setName('');
    setValue('');
  };
  return (
    <form className="line-form" onSubmit={(event) => void submit(event)}>
      <input
        aria-label="Name of a property"
        placeholder="Name"
        value={name}
        maxLength={255}
        required
        onChange={(event) => setName(event.target.value)}
      />
      <input
        aria-label="Value of the property"
        placeholder="Value"
        value={value}
        onChange={(event) => setValue(event.target.value)}
      />
      <button type="submit">Set</button>
    </form>
  );
}
