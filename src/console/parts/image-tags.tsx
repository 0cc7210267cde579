import { type FormEvent, type ReactNode, useState } from 'react';
import type { ImageBody } from '../../client/images.ts';
import { addTag, removeTag } from '../../client/tags.ts';
import { useAccount } from '../account.ts';
import { useTask } from '../browser/use-task.ts';
import { noFilters } from '../image-filters.ts';
import { PlaceLink } from './place-link.tsx';
import { Problem } from './problem.tsx';

interface ImageTagsProps {
  readonly image: ImageBody;
  readonly mayChange: boolean;
  readonly onChanged: () => void;
}

/** The tags of an image; each leads to all images that have it. */
export function ImageTags({ image, mayChange, onChanged }: ImageTagsProps): ReactNode {
  const { session } = useAccount();
  const [typed, setTyped] = useState('');
  const add = useTask(async () => {
    await addTag(session, image.id, typed.trim());
    setTyped('');
    onChanged();
  });
  const remove = useTask(async (tag: string) => {
    await removeTag(session, image.id, tag);
    onChanged();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void add.run();
  };
  return (
    <section className="card">
      <h2>Tags</h2>
      {image.tags.length === 0 && (
        <p className="quiet-text">None. Lists can be filtered by them.</p>
      )}
      <ul className="tags">
        {image.tags.map((tag) => (
          <li key={tag} className="tag">
            <PlaceLink place={{ page: 'images', filters: { ...noFilters, tag } }}>{tag}</PlaceLink>
            {mayChange && (
              <button
                type="button"
                className="quiet icon"
                aria-label={`Remove the tag ${tag}`}
                onClick={() => void remove.run(tag)}
              >
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      <Problem error={add.problem ?? remove.problem} />
      {mayChange && (
        <form className="line-form" onSubmit={submit}>
          <input
            aria-label="A tag"
            placeholder="Tag"
            value={typed}
            maxLength={255}
            required
            onChange={(event) => setTyped(event.target.value)}
          />
          <button type="submit">Add</button>
        </form>
      )}
    </section>
  );
}
